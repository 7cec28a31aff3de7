"""Adds to the build the ONNX graphs of the embedded model (packaging/onnx-towers); the rest is in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Command, setup
from setuptools.command.build import build

sys.path.insert(0, str(Path(__file__).parent / "packaging" / "onnx-towers"))

EMBEDDED = Path("snapsortd", "vision", "embedded")


class WriteTowers(Command):
    """The step of the build. In an editable installation, the graphs are written beside the checkpoint."""

    def initialize_options(self) -> None:
        self.build_lib: str | None = None
        self.editable_mode = False

    def finalize_options(self) -> None:
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self) -> None:
        from write_towers import write_towers

        home = "" if self.editable_mode else self.build_lib or ""
        write_towers(EMBEDDED, Path(home, EMBEDDED))

    def get_outputs(self) -> list[str]:
        from write_towers import FILES

        return [str(Path(self.build_lib or "", EMBEDDED, name)) for name in FILES]

    def get_output_mapping(self) -> dict[str, str]:
        return {}

    def get_source_files(self) -> list[str]:
        return [str(path) for path in sorted(Path("packaging", "onnx-towers").glob("*.py"))]


build.sub_commands.append(("write_towers", None))
setup(cmdclass={"write_towers": WriteTowers})
