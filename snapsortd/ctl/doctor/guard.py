"""Running one check so that it can neither fail nor block the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from snapsortd.ctl.doctor.finding import Finding, problem, warning


def run_guarded(name: str, check: Callable[[], Iterable[Finding]], timeout_s: float, about: str = "") -> list[Finding]:
    """Return the findings of a check, or that it failed or timed out: a dead server can block a process forever.

    `about`: the path that is checked, for the message.
    """
    found: list[Finding] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            found.extend(check())
        except Exception as error:  # an unexpected condition must not keep the other checks from running
            failed.append(error)

    thread = threading.Thread(target=work, name=f"check {name}", daemon=True)
    thread.start()
    thread.join(timeout_s)
    prefix = f"{about}: " if about else ""
    if thread.is_alive():
        summary = f"{prefix}no answer within {timeout_s:g} s"
        return [problem(name, summary, "is its disk or server gone? `mount`, `sudo dmesg`")]
    for error in failed:
        reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        summary = f"{prefix}the check failed: {reason}"
        found.append(warning(name, summary, "please report this, with `snapsortctl doctor --json`"))
    return found
