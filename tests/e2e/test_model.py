"""A model that cannot be loaded: nothing is moved, new images are queued, the fix is reported, then filing resumes."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

import snapsortd
from tests.support.images import screenshot
from tests.support.instance import COMMANDS, CONFIG, Instance, kept, tree
from tests.support.waiting import wait_for

EMBEDDED = Path(snapsortd.__file__).parent / "vision" / "embedded"
SMALL = 1 << 30
"""Bytes of address space: enough for the daemon, not for torch."""


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux changes the limits of a running process")
def test_a_model_that_is_missing_or_too_large_stops_filing_until_it_loads(tmp_path: Path) -> None:
    model = tmp_path / "model"
    config = CONFIG.replace("version: 1", f"version: 1\nmodel: {{{{name: {model}, engine: torch}}}}")
    with kept(Instance(tmp_path, config)) as one:
        image = one.inbox / "shot.png"
        screenshot().save(image)
        before = tree(one.inbox)

        def failed(reason: str) -> bool:
            """Check that the daemon reports it, does not file, and still replies."""
            told = one.status()
            model = told.get("model", {})
            return model.get("state") == "failed" and reason in told["reason"] == model["error"]

        def retold(reason: str) -> None:
            one.ctl("reload")
            wait_for(lambda: failed(reason), seconds=120, what=reason)
            escape = one.ctl("status").stdout
            assert "is loading its model; new images wait" in escape
            assert reason in escape
            assert (one.status()["queued"], one.status()["filed"], tree(one.inbox)) == (1, 0, before)
            assert reason in one.ctl("sort", str(image), ok=(6,)).stderr

        with one.log.open("ab") as log:
            one.process = subprocess.Popen([COMMANDS / "snapsortd"], env=one.env, stderr=log)
        wait_for(lambda: failed("there is no model in"), seconds=60, what="a missing model is reported")
        retold("model.name must be a folder with config.json, weights, tokenizer and image processor")

        model.symlink_to(EMBEDDED)
        pid = one.process.pid
        free = resource.prlimit(pid, resource.RLIMIT_AS, (SMALL, resource.getrlimit(resource.RLIMIT_AS)[1]))
        retold("memory")
        resource.prlimit(pid, resource.RLIMIT_AS, free)

        one.ctl("reload")
        wait_for(lambda: one.status()["filed"] == 1, seconds=120, what="filed once the model is there")
        assert tree(one.filed) == {str(one.filed / "Screenshots" / "screenshot" / "shot.png"): before[str(image)]}
        assert one.status()["reason"] == ""
