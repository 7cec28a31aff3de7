"""The address of a model server: this machine alone, by address."""

from __future__ import annotations

import pytest

from snapsortd.domain.model_server import ModelServer, parse_model_server

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "server", "authority"),
    [
        ("http://127.0.0.1:11434/v1", ModelServer("127.0.0.1", 11434), "127.0.0.1:11434"),
        ("http://127.0.0.1:11434", ModelServer("127.0.0.1", 11434), "127.0.0.1:11434"),
        ("http://127.8.9.10:1/api/", ModelServer("127.8.9.10", 1, api="/api"), "127.8.9.10:1"),
        ("http://[::1]:8080/v1", ModelServer("::1", 8080), "[::1]:8080"),
        ("HTTP://127.0.0.1/v1", ModelServer("127.0.0.1", 80), "127.0.0.1:80"),
        ("unix:/run/llama.sock", ModelServer(socket_path="/run/llama.sock"), "localhost"),
    ],
)
def test_an_address_of_this_machine(text: str, server: ModelServer, authority: str) -> None:
    assert parse_model_server(text) == server
    assert server.authority == authority


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://localhost:11434/v1", "'localhost' is a name"),
        ("http://127.1:11434/v1", "'127.1' is a name or not a complete address"),
        ("http://2130706433/v1", "'2130706433' is a name or"),
        ("http://0x7f.0.0.1/v1", "is a name or"),
        ("http://127.0.0.01/v1", "is a name or"),
        ("http://127.0.0.1.:80/v1", "is a name or"),
        ("http://127.0.0.1.example.org/v1", "is a name or"),
        ("http://①27.0.0.1/v1", "is a name or"),
        ("http://0.0.0.0:11434/v1", "0.0.0.0 is not an address of this machine alone"),
        ("http://192.168.1.5:11434/v1", "192.168.1.5 is not an address of this machine alone"),
        ("http://[::ffff:127.0.0.1]:11434/v1", "::ffff:127.0.0.1 is not an address of this machine alone"),
        ("http://[::]:11434/v1", ":: is not an address of this machine alone"),
        ("http://[::1%25eth0]:11434/v1", "is not an address of this machine alone"),
        ("http://[fe80::1]:1/v1", "is not an address of this machine alone"),
    ],
)
def test_any_other_address_is_refused_with_the_one_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"write 127\.0\.0\.1 or \[::1\]$") as error:
        parse_model_server(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1:11434", "https://127.0.0.1/v1", "ftp://127.0.0.1/", "http:///v1", "http://", "", "llava"),
        *("http://127.0.0.1:99999/v1", "http://127.0.0.1:x/v1", "http://[::1/v1"),
        *("http://me@127.0.0.1/v1", "http://127.0.0.1/v1?x=1", "http://127.0.0.1/v1#x"),
        *("http://127.0.0.1@example.org/v1", "http://example.org\\@127.0.0.1/v1"),
    ],
)
def test_what_is_no_plain_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
        parse_model_server(text)


@pytest.mark.parametrize("text", ["unix:", "unix:run/x", "unix://run\0x", "unix:~/x"])
def test_a_socket_has_an_absolute_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example unix:/run/llama\.sock"):
        parse_model_server(text)
