"""Test the configurations that `init` writes: for the folders that exist, whatever their language, and by recipe."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from snapsortd.config import check_folders, load_config
from snapsortd.ctl.commands.edit import editor
from snapsortd.ctl.setup.compose import Watched, compose, from_recipes
from snapsortd.ctl.setup.parts import kinds_of, read_default, read_recipe, recipe_names, split_rules, split_sections
from snapsortd.ctl.setup.places import Places, find_places
from snapsortd.ctl.setup.questions import chosen_rules, read_choice, split_words
from snapsortd.domain.errors import SnapsortError
from tests.support.ctl import PROGRAM, Ctl
from tests.support.exported import fill_cache
from tests.support.images import photo, screenshot

DIRS = """\
XDG_DESKTOP_DIR="$HOME/Bureau"
XDG_DOWNLOAD_DIR="$HOME/Téléchargements"
XDG_DOCUMENTS_DIR="$HOME/Documents"
XDG_PICTURES_DIR="$HOME/Images"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DOWNLOAD_DIR", "XDG_PICTURES_DIR", "XDG_DOCUMENTS_DIR", "XDG_DESKTOP_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def french(home: Path) -> None:
    (home / ".config").mkdir(parents=True)
    (home / ".config" / "user-dirs.dirs").write_text(DIRS)
    (home / "Téléchargements").mkdir()
    (home / "Images" / "Captures d’écran").mkdir(parents=True)


def test_the_folders_are_found_in_the_language_of_the_desktop(home: Path) -> None:
    french(home)
    (home / "Dropbox" / "Camera Uploads").mkdir(parents=True)
    places = find_places()
    assert places.usual == (f"{home}/Téléchargements", f"{home}/Images/Captures d’écran")
    assert places.others == (f"{home}/Dropbox/Camera Uploads",)
    assert (places.documents, places.desktop) == (f"{home}/Documents", f"{home}/Bureau")


def test_an_empty_home_still_has_a_folder_to_watch(home: Path) -> None:
    assert find_places().usual == (f"{home}/Downloads",)
    assert find_places().others == ()


@pytest.mark.parametrize("recipes", [[], *([name] for name in recipe_names()), ["tidy-desktop", "receipts-by-month"]])
def test_every_choice_is_a_valid_configuration_of_the_users_own_folders(home: Path, recipes: list[str]) -> None:
    french(home)
    places = find_places()
    rules = split_rules(split_sections(read_default())["rules"])
    watched = [Watched(each) for each in places.usual]
    if recipes:
        watched, rules = from_recipes(recipes, places)
    file = home / "config.yaml"
    file.write_text(compose(watched, rules, places, {}))
    config = load_config(str(file), {"HOME": str(home)})
    for folder in config.watch:
        os.makedirs(folder.path, exist_ok=True)
    assert not check_folders(config)
    assert len(config.rules) == len(rules) > 0
    settings = [line.partition("#")[0] for line in file.read_text().splitlines()]
    assert not [line for line in settings if any(name in line for name in ("~/Downloads", "~/Pictures", "~/Desktop"))]
    if not recipes:
        assert [folder.wait for folder in config.watch] == [600, 600]
        assert "# The first rule that matches wins" in file.read_text()


def test_rules_of_several_recipes_stay_in_the_folders_of_their_recipe(home: Path) -> None:
    places = find_places()
    watched, rules = from_recipes(["tidy-desktop", "receipts-by-month"], places)
    file = home / "config.yaml"
    file.write_text(compose(watched, rules, places, {}))
    by_name = {rule.name: rule for rule in load_config(str(file), {"HOME": str(home)}).rules}
    assert by_name["Old images"].locations == (f"{home}/Desktop",)
    assert by_name["Receipts by month"].locations == (f"{home}/Downloads", f"{home}/Pictures/Scans")
    assert watched[0].options == "    subfolders: true\n"


@pytest.mark.parametrize("name", [*recipe_names(), "default"])
def test_a_configuration_is_taken_apart_without_loss(name: str) -> None:
    text = read_default() if name == "default" else read_recipe(name)
    sections = split_sections(text)
    assert "".join(sections.values()) == text
    rules = split_rules(sections["rules"])
    assert "".join(rule.text for rule in rules).strip() in sections["rules"]
    assert len(rules) == sections["rules"].count("\n  - name: ")


def test_rules_with_one_destination_are_one_kind_which_can_be_moved(home: Path) -> None:
    kinds = kinds_of(split_rules(split_sections(read_default())["rules"]))
    shots = next(kind for kind in kinds if kind.title == "Screenshots")
    assert (shots.root, len(shots.rules)) == ("~/Pictures/Screenshots", 2)
    places = Places(*(str(home / each) for each in ("Downloads", "Pictures", "Documents", "Desktop")), (), ())
    text = compose([Watched(f"{home}/Desktop")], shots.rules, places, {shots.root: "~/Shots of mine"})
    file = home / "config.yaml"
    file.write_text(text)
    config = load_config(str(file), {"HOME": str(home)})
    roots = {action.destination.root for rule in config.rules for action in rule.actions if action.destination}
    assert roots == {f"{home}/Shots of mine"}


def test_what_is_chosen_is_filed_and_the_rest_stays_disabled(home: Path) -> None:
    kinds = kinds_of(split_rules(split_sections(read_default())["rules"]))
    assert [kind.title for kind in kinds if kind.enabled] == [kind.title for kind in kinds[:2]]
    memes = next(kind for kind in kinds if kind.title == "Memes")
    file = home / "config.yaml"
    file.write_text(compose([Watched(f"{home}/Desktop")], list(chosen_rules(kinds, [memes])), find_places(), {}))
    rules = {rule.name: (rule.enabled, rule.shadow) for rule in load_config(str(file), {"HOME": str(home)}).rules}
    assert rules.pop("Memes") == (True, False)
    assert rules["Photos"] == (False, True)
    assert not any(enabled for enabled, _ in rules.values())
    assert "Screenshots by year" not in rules


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("1 2", [0, 1]),
        ("2,1", [1, 0]),
        ("3", [None]),
        ("0", [None]),
        ("x", [None]),
        ("~/My Scans, 1", ["/home/ann/My Scans", 0]),
        ("/data/", ["/data"]),
    ],
)
def test_an_answer_has_numbers_or_paths(
    text: str, chosen: list[int | str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert [read_choice(word, 2, others=True) for word in split_words(text)] == chosen


def test_init_writes_what_check_and_doctor_accept(ctl: Ctl) -> None:
    found = ctl.json("init", "--yes")
    assert [Path(each).name for each in found["watch"]] == ["Downloads"]
    assert found["created"] == found["watch"]
    assert "1 folder" in ctl.out("check")
    assert "0 problems" in ctl.out("doctor")


def test_init_says_which_recipes_there_are(ctl: Ctl) -> None:
    assert "did you mean 'camera-roll'" in ctl.run("init", "--recipe", "camera-rol", code=1).stderr
    assert not Path(ctl.env["XDG_CONFIG_HOME"], "snapsortd", "config.yaml").exists()


def test_a_new_user_is_asked_sees_what_would_happen_and_has_it_done(ctl: Ctl) -> None:
    fill_cache(Path(ctl.env["XDG_CACHE_HOME"]) / "snapsortd")
    downloads = Path(ctl.env["HOME"]) / "Downloads"
    downloads.mkdir(parents=True)
    screenshot().save(downloads / "Screenshot 2026-11-02 at 09.30.12.png")
    photo(1).save(downloads / "cat.png")
    output = talk(ctl, "\n", "\n", "n\n", "y\n", "y\n", "n\n")
    config = load_config(str(Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"), ctl.env)
    assert config.notify is True
    assert "Screenshots    → ~/Pictures/Screenshots" in output
    assert output.index("Images that are there now: 2.") < output.index("File them now?") < output.index("undo --batch")
    assert "snapsortctl service install" in output.splitlines()[-1]
    assert [each.name for each in downloads.iterdir()] == ["cat.png"]
    ctl.run("undo")
    assert len(list(downloads.iterdir())) == 2


def talk(ctl: Ctl, *answers: str) -> str:
    """Run init in a terminal, give an answer to each prompt, and return the output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*PROGRAM, "init"], env=ctl.env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    output, waiting = "", list(answers)
    while select.select([ours], [], [], 120)[0]:
        try:
            output += os.read(ours, 4096).decode(errors="replace")
        except OSError:  # the program has ended
            break
        if waiting and output.endswith(": "):
            os.write(ours, waiting.pop(0).encode())
    os.close(ours)
    assert process.wait(30) == 0, output
    assert not waiting, output
    return output


def test_the_editor_is_the_one_that_a_person_has_chosen(tmp_path: Path) -> None:
    assert editor({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor({"EDITOR": "vi"}) == ["vi"]
    assert editor({"PATH": str(tmp_path)}, "darwin") == ["open", "-W", "-t"]
    with pytest.raises(SnapsortError, match="no editor"):
        editor({"PATH": str(tmp_path)}, "linux")


def test_edit_checks_what_was_saved(ctl: Ctl) -> None:
    assert "snapsortctl init" in ctl.run("edit", code=3).stderr
    ctl.run("init")
    ctl.env["EDITOR"] = "true"
    assert "snapsortd is not running" in ctl.out("edit")
    ctl.env["EDITOR"] = "sed -i.old s/^rules/ruls/"
    assert "did you mean 'rules'" in ctl.run("edit", code=3).stderr
