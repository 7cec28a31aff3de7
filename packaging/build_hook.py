"""Add to the wheel what is made from the sources: the graphs of the embedded model, man pages and completions.

Hatchling, which builds the package, calls this (`[tool.hatch.build]` in pyproject.toml).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

EMBEDDED = "snapsortd/vision/embedded"


class MadeFiles(BuildHookInterface):
    """Makes the files before the build, in a temporary folder that is removed after it."""

    _made: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make them. In an editable installation only the graphs are made, beside the checkpoint."""
        checkpoint = Path(self.root, EMBEDDED)
        if version == "editable":
            self._run("onnx-towers/write_towers.py", checkpoint, checkpoint)
            return
        self._made = TemporaryDirectory()
        made = Path(self._made.name)
        self._run("onnx-towers/write_towers.py", checkpoint, made)
        self._run("share_files.py", made / "share")
        build_data["force_include"][str(made / "towers")] = f"{EMBEDDED}/towers"
        build_data["shared_data"][str(made / "share")] = "share"

    def finalize(self, *_: Any) -> None:
        """Remove the temporary folder."""
        if self._made:
            self._made.cleanup()

    def _run(self, script: str, *arguments: Path) -> None:
        command = [sys.executable, "-B", Path(self.root, "packaging", script), *arguments]
        # Where pip has installed what the build requires, without its own set-up of this process, which drops this root
        # from the path if snapsortd is installed from here.
        installed = [path for path in sys.path if not Path(path, "sitecustomize.py").exists()]
        subprocess.run(command, env=os.environ | {"PYTHONPATH": os.pathsep.join((self.root, *installed))}, check=True)
