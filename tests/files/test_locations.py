"""Locations: determined by the environment, and private to this user."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import MAX_SOCKET_PATH_BYTES, Locations, find_locations, socket_address

pytestmark = pytest.mark.pure

XDG = {
    "XDG_CONFIG_HOME": "/c",
    "XDG_STATE_HOME": "/s",
    "XDG_CACHE_HOME": "/k",
    "XDG_RUNTIME_DIR": "/r",
    "XDG_DATA_HOME": "/d",
    "HOME": "/h",
}
CLAIMS = "Library/Application Support/snapsortd/claims" if sys.platform == "darwin" else ".local/state/snapsortd/claims"


def test_the_xdg_variables_hold_on_every_system() -> None:
    locations = find_locations(XDG)
    assert locations == Locations(
        config_file="/c/snapsortd/config.yaml",
        state_dir="/s/snapsortd",
        cache_dir="/k/snapsortd",
        runtime_dir="/r/snapsortd",
        log_dir="/s/snapsortd/log",
        trash_dir="/h/.Trash" if sys.platform == "darwin" else "/d/Trash",
        claims_dir=f"/h/{CLAIMS}",
    )
    assert locations.journal == "/s/snapsortd/journal.sqlite3"
    assert locations.lock == "/s/snapsortd/lock"
    assert locations.socket == "/r/snapsortd/control.sock"


@pytest.mark.parametrize(
    ("given", "file"),
    [
        pytest.param("/etc/snap.yaml", "/etc/snap.yaml", id="absolute"),
        pytest.param("/etc/../snap.yaml", "/snap.yaml", id="tidied"),
        pytest.param("snap.yaml", os.path.abspath("snap.yaml"), id="from the current folder"),
        pytest.param("", "/c/snapsortd/config.yaml", id="empty means not set"),
    ],
)
def test_the_configuration_can_be_named(given: str, file: str) -> None:
    assert find_locations(XDG | {"SNAPSORTD_CONFIG": given}).config_file == file


def test_all_instances_of_a_user_claim_folders_in_one_place() -> None:
    elsewhere = {name: place + "2" for name, place in XDG.items() if name != "HOME"}
    assert find_locations(XDG | elsewhere).claims_dir == find_locations(XDG).claims_dir


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has a folder for each user")
@pytest.mark.parametrize("given", ["", "here"])
def test_the_socket_is_never_where_another_user_could_have_planted_a_folder(given: str) -> None:
    made = f"/run/user/{os.getuid()}"
    wanted = made if os.path.isdir(made) else "/s"
    found = find_locations(XDG | {"XDG_RUNTIME_DIR": given}).runtime_dir
    assert found.startswith(f"{wanted}/snapsortd")


def test_a_relative_xdg_variable_does_not_count() -> None:
    """The locations follow the XDG specification."""
    assert find_locations(XDG | {"XDG_STATE_HOME": "here"}).state_dir == find_locations({}).state_dir
    assert os.path.isabs(find_locations({}).state_dir)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has one trash")
@pytest.mark.parametrize("data", ["", "here"])
def test_the_trash_is_in_the_home_folder_where_nothing_else_is_said(data: str) -> None:
    assert find_locations(XDG | {"XDG_DATA_HOME": data}).trash_dir == "/h/.local/share/Trash"


def test_two_environments_never_meet() -> None:
    one, other = find_locations(XDG), find_locations({name: place + "2" for name, place in XDG.items()})
    for name in ("config_file", "journal", "lock", "socket", "cache_dir", "log_dir", "trash_dir"):
        assert getattr(one, name) != getattr(other, name)


def places_in(folder: Path) -> Locations:
    return find_locations({name: str(folder / place.strip("/")) for name, place in XDG.items()})


def test_the_folders_are_made_for_this_user_only(tmp_path: Path) -> None:
    locations = places_in(tmp_path)
    (tmp_path / "s" / "snapsortd").mkdir(parents=True, mode=0o755)
    locations.make_private()
    locations.make_private()
    for folder in (locations.state_dir, locations.cache_dir, locations.runtime_dir):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("a file")
    with pytest.raises(SnapsortError, match="cannot be used") as refused:
        places_in(tmp_path).make_private()
    assert "XDG_STATE_HOME" in refused.value.hint


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("given_away", ["s/snapsortd", "k/snapsortd", "r/snapsortd", "r"])
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, given_away: str) -> None:
    (tmp_path / given_away).mkdir(parents=True)
    os.chown(tmp_path / given_away, 65534, 65534)
    with pytest.raises(SnapsortError, match="belongs to user 65534"):
        places_in(tmp_path).make_private()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_link_to_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 65534, 65534)
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "snapsortd").symlink_to(tmp_path / "theirs")
    with pytest.raises(SnapsortError, match="belongs to user 65534"):
        places_in(tmp_path).make_private()
    assert stat.S_IMODE((tmp_path / "theirs").stat().st_mode) != 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("planted", ["s/snapsortd/journal.sqlite3", "r/snapsortd/control.sock", "k/snapsortd/x"])
def test_what_somebody_else_left_in_a_folder_of_ours_is_refused(tmp_path: Path, planted: str) -> None:
    (tmp_path / planted).parent.mkdir(parents=True, mode=0o777)
    (tmp_path / planted).touch()
    os.chown(tmp_path / planted, 65534, 65534)
    for _ in range(2):  # also if the folder already is private
        with pytest.raises(SnapsortError, match=f"{planted} belongs to user 65534"):
            places_in(tmp_path).make_private()


@pytest.mark.parametrize("base", ["s", "k", "r"])
@pytest.mark.parametrize(("mode", "fine"), [(0o777, False), (0o1777, True), (0o775, True)])
def test_a_folder_that_anybody_could_replace_is_refused(tmp_path: Path, base: str, mode: int, fine: bool) -> None:
    (tmp_path / base).mkdir()
    (tmp_path / base).chmod(mode)
    if fine:
        places_in(tmp_path).make_private()
        return
    with pytest.raises(SnapsortError, match=f"every user can replace files in {tmp_path}/{base}"):
        places_in(tmp_path).make_private()


def test_folders_on_the_way_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        places_in(tmp_path / "new").make_private()
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    for folder in (tmp_path / "new", tmp_path / "new" / "s", tmp_path / "new" / "s" / "snapsortd"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a long path is refused")
@pytest.mark.parametrize("length", [1, 100, 200])
def test_a_socket_is_reached_however_long_its_path_is(tmp_path: Path, length: int) -> None:
    folder = tmp_path / ("r" * length)
    folder.mkdir()
    path = str(folder / "control.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        with socket_address(path) as address:
            listener.bind(address)
        listener.listen()
        with socket_address(path) as address:
            client.connect(address)
    assert stat.S_ISSOCK(os.stat(path).st_mode)


def test_a_socket_address_is_the_path_where_that_fits() -> None:
    path = "/" + "r" * (MAX_SOCKET_PATH_BYTES - 1)
    with socket_address(path) as address:
        assert address == path
