"""The first start files with torch at once, exports the model meanwhile, and switches to the faster engine."""

from __future__ import annotations

from pathlib import Path

from tests.support.images import screenshot
from tests.support.instance import CONFIG, Instance, kept
from tests.support.tiny_checkpoints import make_checkpoint
from tests.support.waiting import wait_for

EVERYTHING = CONFIG.replace("filters: [label: screenshot]\n    ", "")


def test_it_goes_over_to_onnx_runtime_when_the_model_is_exported(tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model", "siglip")  # the tiny CLIP is exported in every cache of the tests
    config = EVERYTHING.replace("version: 1", f"version: 1\nmodel: {{{{name: {model}, engine: onnx, threads: 1}}}}")
    with kept(Instance(tmp_path, config)) as one:

        def engine() -> str:
            model = one.status()["model"]
            return str(model["engine"]) if model["state"] == "ready" else ""

        def files(name: str) -> None:
            screenshot().save(one.inbox / name)
            wait_for(lambda: list(one.filed.rglob(name)), seconds=120, what=f"{name} filed")

        one.start()
        assert engine() == "torch"
        assert "not exported yet" in one.status()["model"]["engine_reason"]
        files("before.png")
        wait_for(lambda: engine().startswith("onnx"), seconds=280, what="the engine changed")
        files("after.png")
        assert not one.status()["model"]["exporting"]
        maps = Path(f"/proc/{one.status()['classifier_pid']}/maps").read_text()
        assert ("onnxruntime" in maps, "libtorch" in maps) == (True, False)
        assert one.end() == 0

        one.start()
        assert engine().startswith("onnx")
