"""The address of a model server on this machine, accepted by what it is and never by a name."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from urllib.parse import urlsplit

_UNIX = "unix:"
_LOOPBACK_V4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_V6 = IPv6Address("::1")
_API = "/v1"
"""Where servers offer the OpenAI-compatible calls if the address does not say otherwise."""
_EXAMPLE = "http://127.0.0.1:11434/v1"
_ONLY_HERE = "images are sent to no other machine"


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server at a loopback address and port, or at a Unix socket; `api` is the path of its calls."""

    host: str = ""
    port: int = 0
    socket_path: str = ""
    api: str = _API

    @property
    def authority(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if host else "localhost"


def parse_model_server(text: str) -> ModelServer:
    """Return the address in `http://127.0.0.1:11434/v1` or `unix:/path`. Raise ValueError that says what to write."""
    if text.startswith(_UNIX):
        path = text.removeprefix(_UNIX)
        if not path.startswith("/") or "\0" in path:
            raise ValueError(f"'{text}' is not the absolute path of a socket; write for example unix:/run/llama.sock")
        return ModelServer(socket_path=path)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"'{text}' is not a valid address ({error}); write for example {_EXAMPLE}") from None
    if parts.scheme != "http" or not host:
        plain = "; the server is on this machine, so it needs no https" if parts.scheme == "https" else ""
        raise ValueError(f"'{text}' does not begin with http:// and an address, or unix:/{plain}; write {_EXAMPLE}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"'{text}' has more than an address, a port and a path; write for example {_EXAMPLE}")
    _check_loopback(host)
    return ModelServer(host, port or 80, api=parts.path.rstrip("/") or _API)


def _check_loopback(host: str) -> None:
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError(
            f"'{host}' is a name or not a complete address, which may lead to another machine; write 127.0.0.1 or [::1]"
        ) from None
    if isinstance(address, IPv4Address) and address in _LOOPBACK_V4:
        return
    if address == _LOOPBACK_V6:
        return
    raise ValueError(f"{host} is not an address of this machine alone: {_ONLY_HERE}; write 127.0.0.1 or [::1]")
