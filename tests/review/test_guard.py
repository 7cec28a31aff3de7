"""Nobody but the browser that opened the one-time address gets anything, and no other site can act through it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing

import pytest
from PIL import Image

from snapsortd.domain.result import Known, Outcome
from snapsortd.journal import Journal
from tests.support.filing import identity_of
from tests.support.reviewing import HOSTILE, Caller, ids_by_name, port_of, review

NOBODY = 65534
ASK = """\
import os, socket, sys
uid, port, path, cookie = sys.argv[1:]
os.setgroups([])
os.setresgid(*[int(uid)] * 3)
os.setresuid(*[int(uid)] * 3)
with socket.socket() as connection:
    connection.connect(("127.0.0.1", int(port)))
    head = f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: {cookie}", "Connection: close", "", ""
    connection.sendall("\\r\\n".join(head).encode())
    while part := connection.recv(65536):
        sys.stdout.buffer.write(part)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Yield the environment of an instance with one image that is listed, and a secret beside it."""
    folder = tmp_path_factory.mktemp("home")
    inbox = folder / "inbox"
    inbox.mkdir()
    Image.effect_noise((64, 64), 90).save(inbox / HOSTILE)
    Image.new("RGB", (64, 64)).save(inbox / "secret.png")
    (folder / "config.yaml").write_text(f"version: 1\nlabels: {{a: b}}\nwatch: ['{inbox}']\nrules: []\n")
    runtime = tempfile.mkdtemp(prefix="snap")
    env = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("STATE", "CACHE", "CONFIG")}
    env |= {"XDG_RUNTIME_DIR": runtime, "HOME": str(folder), "SNAPSORTD_CONFIG": str(folder / "config.yaml")}
    with closing(Journal(str(folder / "state" / "snapsortd" / "journal.sqlite3"))) as journal:
        path = inbox / HOSTILE
        journal.remember(Known(str(path), identity_of(path), Outcome.QUARANTINED, "<b>why</b>"))
    yield os.environ | env
    shutil.rmtree(runtime)


@pytest.fixture(scope="module")
def address(home: dict[str, str]) -> Iterator[str]:
    with review(home) as found:
        yield found


@pytest.fixture(scope="module")
def browser(address: str) -> Caller:
    caller = Caller(port_of(address))
    caller.let_in(address)
    return caller


def test_the_browser_is_let_in_and_the_address_is_used_up(browser: Caller, address: str) -> None:
    answer = browser.get()
    assert answer.status == 200
    assert "Not readable" in answer.text
    again = Caller(browser.port).send("GET", "/" + address.split("/", 3)[3])
    assert (again.status, "used already" in again.text) == (403, True)


def test_every_answer_keeps_the_browser_strict(browser: Caller) -> None:
    for answer in (browser.get(), browser.get("/static/review.js"), browser.get("/nothing"), browser.send("GET", "/x")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_is_strict_and_stays_below_a_secret_path(home: dict[str, str]) -> None:
    with review(home | {"XDG_STATE_HOME": home["XDG_STATE_HOME"] + "2"}) as address:
        caller = Caller(port_of(address))
        answer = caller.send("GET", "/" + address.split("/", 3)[3])
        cookie = answer.headers["set-cookie"].lower()
        caller.let_in_by(answer)
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert f"path={caller.base}" in cookie


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Cookie": None}, id="no cookie"),
        pytest.param({"Cookie": "snapsort-review=wrong"}, id="wrong cookie"),
        pytest.param({"Cookie": 'snapsort-review="\\ud800'}, id="broken cookie"),
        pytest.param({"Host": "evil.example"}, id="a name that was rebound"),
        pytest.param({"Host": "127.0.0.1"}, id="no port"),
        pytest.param({"Host": "localhost.evil.example:80"}, id="a name that begins well"),
        pytest.param({"Host": None}, id="no host"),
    ],
)
def test_a_stranger_is_refused(browser: Caller, headers: dict[str, str | None]) -> None:
    for answer in (browser.get(**headers), browser.post("/undo", {}, **headers)):
        assert answer.status in (400, 403)
        assert "Not readable" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": None}, id="no origin"),
        pytest.param({"Origin": "null"}, id="a file"),
        pytest.param({"Origin": "http://evil.example"}, id="another site"),
        pytest.param({"Origin": "http://127.0.0.1:1"}, id="another port"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, id="said by the browser"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, id="another port, said by the browser"),
        pytest.param({"Content_Type": "text/plain"}, id="a form"),
    ],
)
def test_another_site_changes_nothing(browser: Caller, headers: dict[str, str | None]) -> None:
    (image,) = ids_by_name(browser.get().text).values()
    answer = browser.post("/act", {"step": "1", "images": [image], "leave": True}, **headers)
    assert answer.status == 403
    assert image in browser.get().text


@pytest.mark.parametrize(
    "path",
    [
        "/picture/..%2f..%2fsecret.png/480",
        "/picture/secret.png/480",
        "/picture/" + "0" * 24 + "/480",
        "/picture//etc/passwd/480",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2fetc%2fpasswd",
        "/../../etc/passwd",
        "/open/x",
    ],
)
def test_only_known_images_and_own_files_are_served(browser: Caller, path: str) -> None:
    assert browser.get(path).status in (403, 404)


def test_paths_say_nothing_and_sizes_are_few(browser: Caller) -> None:
    (image,) = ids_by_name(browser.get().text).values()
    assert browser.get(f"/picture/{image}/480").status == 200
    assert browser.get(f"/picture/{image}/99999").status == 404
    for action in ("open", "reveal"):
        assert browser.post(f"/{action}", {"image": "/etc/passwd"}).status == 409
    done = browser.post("/act", {"step": "2", "images": ["/etc/passwd"], "leave": True})
    assert (done.status, '"done":[]' in done.text) == (200, True)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("act", {"step": 1, "images": "x"}),
        ("act", {"images": []}),
        ("act", []),
        ("threshold", {"step": "1", "rule": "a", "value": "high"}),
        ("label", {"step": "1", "group": "x", "name": 1}),
        ("label", {"step": "1", "group": "/etc/passwd", "name": "a"}),
        ("undo", {"all": True}),
    ],
)
def test_a_wrong_request_is_refused(browser: Caller, action: str, body: object) -> None:
    assert browser.post(f"/{action}", body).status in (400, 409)


def test_names_are_shown_and_never_run(browser: Caller) -> None:
    text = browser.get().text
    assert "<img src=x" not in text
    assert "<b>why" not in text
    assert "\u202e" not in text
    assert "&lt;img src=x onerror" in text


def test_both_loopback_addresses_are_ours_and_no_other(browser: Caller) -> None:
    assert Caller(browser.port, browser.base, "::1", browser.headers).get().status == 200
    outside = [info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for host in {str(each) for each in outside if not str(each).startswith("127.")}:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((host, browser.port), timeout=5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who is at the other end")
@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_another_user_is_refused_even_with_the_cookie(browser: Caller) -> None:
    command = [sys.executable, "-c", ASK, str(NOBODY), str(browser.port), f"{browser.base}/", browser.headers["Cookie"]]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    assert answer.startswith("HTTP/1.1 403"), answer
    assert "another user" in answer
