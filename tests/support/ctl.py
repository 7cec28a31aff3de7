"""snapsortctl as a process, with all of its locations in one folder."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

PROGRAM = (sys.executable, "-c", "from snapsortd.ctl.main import main; main()")


@dataclass
class Ctl:
    """A snapsortctl with all of its locations in one folder."""

    env: dict[str, str]

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run it and check its exit code, and that it never prints a traceback."""
        done = subprocess.run(
            [*PROGRAM, *words],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=240,
            check=False,
        )
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    def out(self, *words: str, code: int = 0) -> str:
        """Return the output."""
        return self.run(*words, code=code).stdout

    def json(self, *words: str, code: int = 0) -> Any:
        """Return the output with --json: one document, on one line."""
        text = self.out(*words, "--json", code=code)
        assert text.count("\n") == 1
        assert text.isascii()
        return json.loads(text)
