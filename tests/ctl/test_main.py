"""snapsortctl as a process, against the real API on a real socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import termios
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click import unstyle
from click.testing import CliRunner
from PIL import Image

from snapsortd.ctl.main import COMMANDS, app
from snapsortd.ctl.output.choose import parse_numbers
from snapsortd.ctl.output.log import log_lines
from snapsortd.ctl.output.status import status_lines
from snapsortd.domain.errors import ConfigError, JournalError, ModelError, SnapsortError
from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal
from tests.support.ctl import PROGRAM, Ctl
from tests.support.entries import IMAGE
from tests.support.fake_control import ENTRY, ODD, STATUS, UNDO, FakeControl
from tests.support.waiting import wait_for

HEAVY = ("torch", "PIL", "numpy", "transformers", "pydantic", "httpx", "starlette", "rich", "yaml", "sqlite3", "psutil")


GROUPS = {
    "model": ["eval", "info", "list", "pull", "use"],
    "service": ["install"],
    "rules": ["list", "promote", "test"],
    "learned": ["export", "import"],
}
COMMAND_LINES = [[name] for name in COMMANDS if name not in GROUPS]
COMMAND_LINES += [[group, name] for group, names in GROUPS.items() for name in names]


@pytest.mark.parametrize(
    "words",
    [("--help",), ("status",), ("status", "--json"), ("log",), ("log", "--json"), ("undo",)],
    ids=" ".join,
)
def test_loads_nothing_heavy(ctl: Ctl, daemon: FakeControl, words: tuple[str, ...]) -> None:
    """`log` prints a table and loads rich for it; commands that print lines or JSON do not wait for that."""
    script = (
        "import atexit, sys; from snapsortd.ctl.main import main;"
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules))); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], env=ctl.env, capture_output=True, text=True, check=True
    )
    assert "click" in done.stderr.split()
    assert set(HEAVY) & set(done.stderr.split()) == ({"rich"} if words == ("log",) else set())
    assert daemon.asked or words == ("--help",)


def test_help_names_every_command_and_exit_code(ctl: Ctl) -> None:
    text = ctl.out("--help")
    for name in COMMANDS:
        assert f"\n  {name} " in text
    for code in range(7):
        assert f"\n    {code}  " in text


@pytest.mark.parametrize("command", COMMAND_LINES)
def test_every_command_has_help_and_json(command: list[str]) -> None:
    answer = CliRunner().invoke(app, [*command, "--help"])
    assert answer.exit_code == 0
    assert "--json" in answer.output


def test_status_for_people(ctl: Ctl, daemon: FakeControl) -> None:
    text = ctl.out("status")
    assert text.startswith("● snapsortd is running\n")
    for part in ("embedded, ready", "/inbox\n", "/net  (scanning: a network mount)", "3 images", "up 3 h 12 min"):
        assert part in text
    for part in (
        "copying /inbox/film.png: 42 %",
        "/net/a.png: its file system has not answered for 1 min 14 s",
        "working on an undo, for 2 s",
    ):
        assert part in text
    assert "given up    /pictures/a\\nb\\x1b[31m\\xff.png: the file is truncated" in text
    assert "tried again when the file changes, or by `snapsortctl sort FILE`" in text
    assert daemon.asked == [("status", {})]


def test_status_json_keeps_names_byte_for_byte(ctl: Ctl, daemon: FakeControl) -> None:
    assert ctl.json("status") == STATUS
    assert daemon.asked == [("status", {})]


@pytest.mark.parametrize("command", ["status", "pause", "resume", "reload", "stop", "watch"])
def test_without_a_daemon(ctl: Ctl, command: str) -> None:
    done = ctl.run(command, code=4)
    assert done.stdout == ""
    assert done.stderr.startswith("snapsortctl: snapsortd is not running\nhint: ")


def test_status_json_without_a_daemon_nor_a_journal(ctl: Ctl) -> None:
    found = ctl.json("status", code=4)
    assert (found["state"], found["queued"], found["filed"], found["failed"]) == ("stopped", 0, 0, 0)
    assert not os.path.exists(ctl.env["XDG_STATE_HOME"])


def test_status_without_a_daemon_lists_what_needs_attention(ctl: Ctl) -> None:
    folder = Path(ctl.env["XDG_STATE_HOME"]) / "snapsortd"
    folder.mkdir(parents=True)
    with closing(Journal(str(folder / "journal.sqlite3"))) as journal:
        journal.remember(Known("/in/a.png", IMAGE, Outcome.QUARANTINED, "truncated", ""))
    done = ctl.run("status", code=4)
    assert "\n  given up    /in/a.png: truncated\n" in done.stdout
    assert done.stderr.startswith("snapsortctl: snapsortd is not running\n")


def test_a_stale_socket_is_no_daemon(ctl: Ctl, daemon: FakeControl) -> None:
    import socket

    folder = Path(ctl.env["XDG_RUNTIME_DIR"]) / "snapsortd"
    (folder / "control.sock").rename(folder / "gone.sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(folder / "control.sock"))
    assert "snapsortd is not running" in ctl.run("status", code=4).stderr
    assert not daemon.asked


@pytest.mark.parametrize(("order", "state"), [("pause", "paused"), ("resume", "running"), ("stop", "stopping")])
def test_orders(ctl: Ctl, daemon: FakeControl, order: str, state: str) -> None:
    assert ctl.out(order)
    assert ctl.json(order) == {"state": state}
    assert daemon.asked == [(order, {})] * 2


@pytest.mark.parametrize("number", ["0", "-1", str(2**63)])
@pytest.mark.parametrize("words", ["abandon --", "undo --", "redo --", "undo --batch", "undo --last", "log --before"])
def test_a_number_that_the_journal_cannot_have_is_refused(words: str, number: str) -> None:
    refused = CliRunner().invoke(app, [*words.split(), number])
    assert refused.exit_code == 2
    assert "is not in the range" in refused.output


def test_giving_up_is_explained_and_asked_first(ctl: Ctl, daemon: FakeControl) -> None:
    dry, real = (("abandon", {"number": 12, "dry_run": dry_run}) for dry_run in (True, False))
    assert "stays." in ctl.out("abandon", "12", code=130)  # nobody answers
    assert ctl.json("abandon", "12")["done"] is False
    assert daemon.asked == [dry, dry]
    assert ctl.out("abandon", "12", "--yes").endswith("Entry 12 is given up.\n")
    assert ctl.json("abandon", "12", "--yes")["done"] is True
    assert daemon.asked[2:] == [dry, real] * 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(SnapsortError("no", "try again"), 1, id="refused"),
        pytest.param(ConfigError("2 faults", "mend it", ("c.yaml:1:2: one", "c.yaml:3:4: two")), 3, id="config"),
        pytest.param(JournalError("damaged", "restore it"), 5, id="journal"),
        pytest.param(ModelError("missing", "fetch it"), 6, id="model"),
    ],
)
def test_what_the_daemon_reports_is_told(ctl: Ctl, daemon: FakeControl, fault: SnapsortError, code: int) -> None:
    daemon.fault = fault
    done = ctl.run("reload", code=code)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == f"snapsortctl: {fault.message}"
    assert lines[-1] == f"hint: {fault.hint}"
    assert lines[1:-1] == [f"  {each}" for each in getattr(fault, "problems", ())]


def test_log_for_people(ctl: Ctl, daemon: FakeControl) -> None:
    head, undone, moved, page = ctl.out("log", "--rule", "Receipts by month", "-n", "2").splitlines()
    assert head.split() == ["ID", "WHEN", "WHAT", "RULE", "LABEL", "SCORE", "FROM", "→", "TO"]
    assert undone.endswith("/pictures/a\\nb\\x1b[31m\\xff.png → /inbox/x.png  (reverses 12)")
    assert " ".join(moved.split()[:9]) == "12 2026-11-23 16:42:10 moved Receipts by month receipt 0.93"
    assert moved.endswith("/inbox/scan.png → /filed/Receipts/  (reversed by 13)")
    assert page == "2 of 37; older ones: `--before 12`, more: `-n 4`."
    assert daemon.asked == [("log", {"limit": 2, "rule": "Receipts by month"})]


def test_log_in_a_narrow_terminal() -> None:
    lines = [unstyle(line) for line in log_lines([UNDO, ENTRY], width=60)]
    assert lines[3:] == [
        "12  11-23 16:42  moved   receipt 0.93, Receipts by month",
        "    /inbox/scan.png → /filed/Receipts/",
        "    reversed by 13",
    ]
    assert max(map(len, lines)) <= 60


def test_log_passes_its_filters_on(ctl: Ctl, daemon: FakeControl) -> None:
    since, until = ("--since", "2026-11-23T10:00:00+02:00"), ("--until", "2026-11-24T10:00:00+02:00")
    ctl.out("log", "/in/../in/a.png", "--label", "receipt", "--failed", *since, *until)
    given = {"limit": 20, "path": "/in/a.png", "label": "receipt", "failed": True, "since": since[1], "until": until[1]}
    assert daemon.asked == [("log", given)]


def test_log_goes_on_with_what_happens(ctl: Ctl, daemon: FakeControl) -> None:
    with subprocess.Popen(
        [*PROGRAM, "log", "--follow", "--json"], env=ctl.env, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert [json.loads(process.stdout.readline())["id"] for _ in range(2)] == [12, 13]
            daemon.entries = [UNDO | {"id": 14}]
            wait_for(lambda: daemon.events.listeners == 1, what="it listens")
            daemon.events.publish({"event": "filed", "path": ODD, "target": "/filed/x.png", "label": None})
            assert json.loads(process.stdout.readline())["id"] == 14
        finally:
            process.kill()
    assert daemon.asked[-1] == ("log", {"limit": 1000, "after": 13})


def test_an_empty_log_says_why(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    daemon.entries = []
    assert ctl.out("log") == "Nothing has been filed yet.\n"
    assert ctl.out("log", "--failed") == "Nothing that was done matches.\n"
    assert ctl.out("log", str(images / "b.png")).startswith("Nothing was done with ~/images/b.png; ")
    assert "there is no file /nope.png" in ctl.run("log", "/nope.png", code=1).stderr


def test_log_reversed(ctl: Ctl, daemon: FakeControl) -> None:
    assert [entry["id"] for entry in ctl.json("log")["entries"]] == [13, 12]
    assert [entry["id"] for entry in ctl.json("log", "--reverse")["entries"]] == [12, 13]
    assert len(daemon.asked) == 2


def test_explain_tells_the_story(ctl: Ctl, daemon: FakeControl) -> None:
    text = ctl.out("explain", "/inbox/scan.png")
    for part in (
        "/inbox/scan.png\nIt was filed (2026-11-23 16:42:10).\n",
        "  receipt     0.93  ██████████████████████▍\n",
        "  ✗ Big ones\n  └── size is 1.2 MB, wanted > 5 MB\n  ✓ Receipts by month\n  └── label is receipt (0.93)\n",
        "  PNG, 1200 × 800, 1.2 MB\n",
    ):
        assert part in text
    assert daemon.asked == [("explain", {"path": "/inbox/scan.png"})]


def test_odd_names_reach_the_daemon_unharmed(ctl: Ctl, daemon: FakeControl) -> None:
    assert ctl.json("explain", ODD)["path"] == ODD
    assert daemon.asked == [("explain", {"path": ODD})]


def test_undo_takes_the_last_batch(ctl: Ctl, daemon: FakeControl) -> None:
    text = ctl.out("undo")
    assert text.splitlines() == [
        "moved        13  /filed/a.png → /inbox/",
        "1 file undone.",
        "2 more images came just before, with less than a minute between: `snapsortctl undo --burst` for these.",
    ]
    (call,) = daemon.asked
    assert call[0] == "undo"
    assert not any(call[1].values())


def test_undo_that_is_refused_in_part(ctl: Ctl, daemon: FakeControl) -> None:
    daemon.refuse = True
    text = ctl.out("undo", "12", "13", "--dry-run", code=1)
    assert "/pictures/a\\nb\\x1b[31m\\xff.png: the original name is taken" in text
    assert text.endswith("1 file would be undone, 1 refused.\n")
    assert {key: value for key, value in daemon.asked[0][1].items() if value} == {"ids": [12, 13], "dry_run": True}


def test_undo_takes_numbers_and_files(ctl: Ctl, daemon: FakeControl) -> None:
    ctl.out("undo", "12", "/filed/../filed/a.png")
    ctl.out("undo", "--burst")
    given = [{key: value for key, value in arguments.items() if value} for _, arguments in daemon.asked]
    assert given == [{"ids": [12], "paths": ["/filed/a.png"]}, {"burst": True}]


@pytest.mark.parametrize(("typed", "chosen"), [("1\n", [13]), ("2 1\n1\n", [13]), ("\n", None), ("x\n\n", None)])
def test_undo_lets_a_person_choose(ctl: Ctl, daemon: FakeControl, typed: str, chosen: list[int] | None) -> None:
    done = subprocess.run(
        [*PROGRAM, "undo", "--interactive"], env=ctl.env, input=typed, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("1  would be moved    13  /filed/a.png → /inbox/\nWhich ones should be undone?")
    assert done.returncode == (0 if chosen else 130)
    asked = [arguments for _, arguments in daemon.asked]
    assert (asked[0]["last"], asked[0]["dry_run"]) == (20, True)
    assert [each.get("ids") for each in asked[1:]] == ([chosen] if chosen else [])


@pytest.mark.usefixtures("daemon")
def test_in_a_narrow_terminal_the_choice_is_by_name(ctl: Ctl) -> None:
    terminal, other_end = os.openpty()
    termios.tcsetwinsize(terminal, (25, 40))
    command, env = [*PROGRAM, "undo", "--interactive"], ctl.env | {"TERM": "xterm"}
    env.pop("COLUMNS", None)
    with subprocess.Popen(command, env=env, stdin=other_end, stdout=other_end, stderr=other_end) as process:
        os.close(other_end)
        shown = first_words(terminal, b"none): ")
        os.write(terminal, b"\n")
        assert process.wait(60) == 130
    os.close(terminal)
    assert b"1  a.png  \x1b[2m\xe2\x86\x92 /inbox/\x1b[0m\r\n" in shown


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("1 3-5", [1, 3, 4, 5], id="numbers and a range"),
        pytest.param("5,1,1", [1, 5], id="commas, each once"),
        pytest.param("", [], id="none"),
        pytest.param("6", None, id="too large"),
        pytest.param("0", None, id="zero"),
        pytest.param("4-9999999999", None, id="a range that ends too late"),
        pytest.param("3-1", None, id="a range backwards"),
        pytest.param("a", None, id="no number"),
        pytest.param("-2", None, id="no beginning"),
    ],
)
def test_numbers_are_chosen_as_people_write_them(text: str, numbers: list[int] | None) -> None:
    assert parse_numbers(text, 5) == numbers


def test_selections_are_passed_on(ctl: Ctl, daemon: FakeControl) -> None:
    since, until = ("--since", "2026-11-23T10:00:00+02:00"), ("--until", "2026-11-24T10:00:00+02:00")
    ctl.out("redo", "--batch", "3", "--last", "2", "--rule", "R", *since, *until)
    given = {key: value for key, value in daemon.asked[0][1].items() if value}
    assert given == {"batch": 3, "last": 2, "rule": "R", "since": since[1], "until": until[1]}


def test_sort_files_a_folder_as_one_batch(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    text = ctl.out("sort", str(images))
    asked = [(Path(call["path"]).name, call["batch"], call["dry_run"]) for _, call in daemon.asked]
    assert asked == [("a.JPG", None, False), ("b.png", 7, False)]
    assert text.splitlines()[:3] == [
        "Receipts  2 images",
        "└─ /filed/  2",
        "   ├─ a.JPG → x.png  receipt 0.93",
    ]
    assert text.splitlines()[-1] == "2 images: 2 filed. Undo with `snapsortctl undo --batch 7`."


def test_sim_says_what_would_happen(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    text = ctl.out("sim", "--recursive", str(images), str(images / "b.png"))
    assert [Path(call["path"]).name for _, call in daemon.asked] == ["a.JPG", "b.png", "c.webp"]
    assert all(call["dry_run"] for _, call in daemon.asked)
    assert "   └─ below/c.webp → x.png  receipt 0.93" in text.splitlines()
    assert text.splitlines()[-1] == "3 images: 3 would be filed. Nothing was changed."


@pytest.mark.usefixtures("daemon")
def test_the_step_is_shown_on_a_terminal_and_is_no_part_of_the_output(ctl: Ctl, images: Path) -> None:
    terminal, other_end = os.openpty()
    with subprocess.Popen(
        [*PROGRAM, "sim", str(images)], env=ctl.env | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=other_end
    ) as process:
        os.close(other_end)
        assert b"looking for images" in first_words(terminal, b"images")
        out, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert b"\x1b" not in out
    assert out.endswith(b"Nothing was changed.\n")


def first_words(terminal: int, wanted: bytes) -> bytes:
    """Return what a terminal shows until these words appear."""
    seen = b""
    while wanted not in seen:
        seen += os.read(terminal, 4096)
    return seen


@pytest.mark.usefixtures("daemon")
def test_a_terminal_that_can_shows_pictures(ctl: Ctl, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "a.png")
    shown, end = os.openpty()
    env = ctl.env | {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}
    env.pop("TMUX", None)
    with subprocess.Popen([*PROGRAM, "sim", str(tmp_path / "a.png")], env=env, stdin=end, stdout=end) as process:
        os.close(end)
        seen = first_words(shown, b"Nothing was changed.")
        process.wait(60)
    os.close(shown)
    assert "└─ /filed/" in unstyle(seen.decode())
    assert seen.count(b"\x1b_Ga=T,f=100,m=0;iVBOR") == 1


def test_an_interrupted_sort_says_what_was_done(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(path: str) -> None:
        if path.endswith("b.png"):
            begun.set()
            go_on.wait(60)

    daemon.hold = hold
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
    command = [*PROGRAM, "sort", str(images)]
    with subprocess.Popen(command, env=ctl.env, stdout=subprocess.PIPE, text=True, preexec_fn=listening) as process:
        assert begun.wait(60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    go_on.set()
    assert process.returncode == 130
    assert out.splitlines()[-2:] == [
        "Interrupted after 1 of 2 images.",
        "1 image: 1 filed. Undo with `snapsortctl undo --batch 7`.",
    ]


def test_one_bad_image_does_not_end_sort(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    (images / "aa-bad.png").write_bytes(b"x")
    found = ctl.json("sort", str(images), code=1)
    assert [each["outcome"] for each in found["images"]] == ["filed", "failed", "filed"]
    assert found["counts"] == {"filed": 2, "failed": 1}
    assert len(daemon.asked) == 3


def test_a_missing_model_ends_sort(ctl: Ctl, daemon: FakeControl, images: Path) -> None:
    daemon.fault = ModelError("the model is missing", "fetch it")
    assert "the model is missing" in ctl.run("sort", str(images), code=6).stderr
    assert len(daemon.asked) == 1


def test_watch_follows_events(ctl: Ctl, daemon: FakeControl) -> None:
    with subprocess.Popen([*PROGRAM, "watch"], env=ctl.env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "snapsortd is running\n"
            daemon.events.publish({"event": "filed", "path": ODD, "target": "/filed/x.png", "label": None})
            daemon.events.publish({"event": "state", "state": "paused", "at": "2026-11-23T16:42:10+01:00"})
            assert "/pictures/a\\nb\\x1b[31m\\xff.png → /filed/x.png" in process.stdout.readline()
            assert process.stdout.readline() == "snapsortd is paused: new images wait; `snapsortctl resume` goes on\n"
        finally:
            process.kill()


def test_a_reader_that_has_enough_is_no_error(ctl: Ctl, daemon: FakeControl) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output:
        done = subprocess.run([*PROGRAM, "log"], env=ctl.env, stdout=output, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert daemon.asked


def test_init_writes_a_configuration_that_check_takes(ctl: Ctl) -> None:
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    assert "Wrote ~/config/snapsortd/config.yaml" in ctl.out("init")
    first = config.read_text()
    assert "there is a configuration already" in ctl.run("init", code=3).stderr
    config.write_text(first + "# mine\n")
    backup = ctl.json("init", "--force")["backup"]
    assert config.read_text() == first
    assert Path(backup).read_text() == first + "# mine\n"


def test_init_if_missing_leaves_what_is_there(ctl: Ctl) -> None:
    ctl.run("init", "--if-missing")
    config = Path(ctl.env["XDG_CONFIG_HOME"]) / "snapsortd" / "config.yaml"
    config.write_text("mine")
    ctl.run("init", "--if-missing")
    assert config.read_text() == "mine"


def test_check_counts_what_is_good(ctl: Ctl, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(
        f"version: 1\nlabels: {{receipt: a receipt}}\nwatch: ['{tmp_path}']\n"
        f"rules:\n  - {{name: R, filters: [label: receipt], actions: [move: '{tmp_path}/filed/']}}\n"
    )
    first, sample = ctl.out("check", str(good)).splitlines()
    assert first == "ok: ~/good.yaml: 1 label, 1 folder, 1 rule"
    assert sample == "  R: ~/IMG_0042.jpg → ~/filed/"
    assert ctl.json("check", str(good))["ok"] is True


def test_check_reports_every_fault(ctl: Ctl, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 1\nlables: {a: b}\nwatch: [~/x]\nrules: nothing\n")
    lines = ctl.run("check", str(broken), code=3).stderr.splitlines()
    assert "broken.yaml has 2 problems" in lines[0]
    assert lines[1:4] == [
        "  2:1: unknown key 'lables'; did you mean 'labels'?",
        "     2 | lables: {a: b}",
        "       | ^",
    ]
    assert lines[4].startswith("  4:")
    found = ctl.json("check", str(broken), code=3)
    assert found["ok"] is False
    assert len(found["problems"]) >= 2


def test_check_without_a_configuration_says_what_to_do(ctl: Ctl) -> None:
    assert "snapsortctl init" in ctl.run("check", code=3).stderr


def test_stats_for_people(ctl: Ctl, daemon: FakeControl) -> None:
    since = "2026-11-01T00:00:00+01:00"
    lines = ctl.out("stats", "--since", since).splitlines()
    assert lines[:5] == [
        "40 images filed, 3 taken back.",
        "",
        "By label",
        f"  receipt     30  {'█' * 30}, 3 taken back",
        f"  (no label)  10  {'█' * 10}",
    ]
    assert f"  2026-11-20   1  {'█' * 1}" in lines
    assert ctl.json("stats")["filed"] == 40
    assert daemon.asked == [("stats", {"since": since}), ("stats", {})]


def test_dismiss(ctl: Ctl, daemon: FakeControl) -> None:
    assert ctl.out("dismiss", "/in/../in/a.png") == "1 file taken off the list.\n"
    assert ctl.json("dismiss", "--all") == {"dismissed": 3}
    assert "give either a file or --all" in ctl.run("dismiss", code=2).stderr
    assert daemon.asked == [("dismiss", {"path": "/in/a.png"}), ("dismiss", {"path": None})]


def test_status_fits_one_screen() -> None:
    problems = [{"path": f"/in/{n}.png", "outcome": "failed", "reason": "disk full " * 20} for n in range(20)]
    folders = [{"path": f"/watched/{n}", "state": "watching"} for n in range(20)]
    status = STATUS | {"problems": problems, "folders": folders}
    screen = [unstyle(line) for line in status_lines(status, 80)]
    assert len(screen) <= 25
    assert max(map(len, screen)) <= 80
    assert sum("… and 16 more (--all)" in line for line in screen) == 2
    assert len(list(status_lines(status, 80, everything=True))) > 50


def test_status_tells_the_same_reason_once() -> None:
    held = [{"path": f"/in/{n}.png.part", "reason": "its download is not finished", "seconds": n} for n in range(9)]
    held.append({"path": "/in/a.png", "reason": "it is open", "seconds": 3})
    problems = [{"path": f"/in/{n}.png", "outcome": "quarantined", "reason": "truncated"} for n in "abc"]
    screen = [unstyle(line).strip() for line in status_lines(STATUS | {"held_back": held, "problems": problems}, 80)]
    assert screen[(first := screen.index("waiting   /in/0.png.part, for 0 s")) : first + 6] == [
        "waiting   /in/0.png.part, for 0 s",
        "/in/1.png.part, for 1 s",
        "/in/2.png.part, for 2 s",
        "/in/3.png.part, for 3 s",
        "all: its download is not finished",
        "… and 6 more (--all)",
    ]
    assert screen[(first := screen.index("given up    /in/a.png")) : first + 4] == [
        "given up    /in/a.png",
        "/in/b.png",
        "/in/c.png",
        "all: truncated",
    ]
    whole = "\n".join(map(unstyle, status_lines(STATUS | {"held_back": held}, 80, everything=True)))
    assert "/in/a.png, for 3 s: it is open" in whole
