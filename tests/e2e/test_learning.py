"""A daemon that is told what images are files the next ones better, after a restart too, until it forgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import images
from tests.support.instance import Instance, kept
from tests.support.taught import CONFIG
from tests.support.waiting import wait_for

SETTLED = CONFIG.replace('watch: ["{inbox}"]', 'watch: [{{path: "{inbox}", settle: 200ms}}]')


def put(folder: Path, kind: str, seed: int) -> str:
    """Draw an image and put it into a folder."""
    image = images.receipt(seed) if kind == "r" else images.screenshot(seed)
    path = folder / f"{kind}{seed}.png"
    image.resize((image.width // 2, image.height // 2)).save(path, "PNG")
    return str(path)


def test_corrections_by_command_and_by_hand(tmp_path: Path) -> None:
    with kept(Instance(tmp_path, SETTLED)) as instance:
        aside = tmp_path / "aside"
        aside.mkdir()
        alpha, beta = instance.filed / "alpha", instance.filed / "beta"

        def seen(path: str) -> dict[str, Any]:
            (found,) = instance.json("sim", path)["images"]
            return {key: found[key] for key in ("label", "score")}

        instance.start()
        sample = put(aside, "r", 30)
        before = seen(sample)
        instance.ctl("correct", *(put(instance.inbox, "r", seed) for seed in range(5)), "alpha")
        instance.ctl("correct", *(put(instance.inbox, "s", seed) for seed in range(5)), "beta")
        instance.ctl("correct", *(put(instance.inbox, "r", seed) for seed in range(5, 8)), "beta")
        for seed in range(5, 8):  # a mistake, which is mended by hand
            (beta / f"r{seed}.png").rename(alpha / f"r{seed}.png")
        assert len(list(alpha.iterdir())) == 8
        for seed in (20, 21):
            if seed == 21:
                instance.end()
                instance.start()
            learned = wait_for(lambda: settled(instance), seconds=120, what="a layer with all examples")
            assert [each["verdict"] for each in learned["labels"]] == ["in force", "in force"]
            for kind, folder in (("r", alpha), ("s", beta)):
                path = Path(put(instance.inbox, kind, seed))
                wait_for((folder / path.name).exists, seconds=60, what=f"{path.name} filed in {folder}")
        told = instance.ctl("explain", str(alpha / "r21.png")).stdout
        assert "learnt" in told
        assert "which you said is alpha" in told
        instance.ctl("forget", "--all", "--yes")
        assert seen(sample) == before
        assert instance.json("learned")["examples"] == 0


def settled(instance: Instance) -> Any:
    """Return what was learnt once that is all that was told, by command and by hand, or None."""
    found = instance.json("learned")
    told = found["labels"][0]["sources"] == {"corrected": 5, "moved": 3}
    return found if told and found["examples"] == 13 and found["up_to_date"] else None
