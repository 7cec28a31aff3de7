"""How much hypothesis tries: `pytest --hypothesis-profile=long` for an hour's search, else what CI has time for."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("short", deadline=None)
settings.register_profile("long", deadline=None, max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("short")
