"""The OpenAI-compatible call by which a model server describes an image, over a connection that is open already."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from typing import Any

from snapsortd.domain.model_server import ModelServer

MAX_TOKENS = 300
"""Tokens of an answer; models that reason before they answer need most of them for that."""
MAX_ANSWER = 1 << 20
"""Bytes of an answer."""
_MAX_MESSAGE = 200
"""Characters of the server's own message."""


class NoAnswer(Exception):
    """The reason why a server's answer has no caption."""


def ask(connection: socket.socket, server: ModelServer, jpeg: bytes, *, model: str, prompt: str) -> str:
    """Return the model's words for an image. Raise NoAnswer."""
    client = http.client.HTTPConnection(server.authority)
    client.sock, client.auto_open = connection, 0
    headers = {"Host": server.authority, "Content-Type": "application/json", "Connection": "close"}
    try:
        client.request("POST", f"{server.api}/chat/completions", _question(jpeg, model, prompt), headers)
        response = client.getresponse()
        body = response.read(MAX_ANSWER + 1)
    except http.client.RemoteDisconnected as error:
        raise NoAnswer("it closed the connection without an answer") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"its answer is not valid HTTP ({type(error).__name__})") from error
    if len(body) > MAX_ANSWER:
        raise NoAnswer(f"its answer has more than {MAX_ANSWER >> 20} MB")
    if 300 <= response.status < 400:
        raise NoAnswer("it redirects to another address, which is not followed")
    if response.status != 200:
        raise NoAnswer(f"it answered with the error {response.status}{_message(body)}")
    return _content(body)


def _question(jpeg: bytes, model: str, prompt: str) -> bytes:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": url}}]
    message = {"role": "user", "content": content}
    question = {"model": model, "messages": [message], "max_tokens": MAX_TOKENS, "temperature": 0, "stream": False}
    return json.dumps(question).encode("ascii")


def _content(body: bytes) -> str:
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        content = None
    if not isinstance(content, str):
        raise NoAnswer("its answer is not that of a chat model")
    return content


def _message(body: bytes) -> str:
    """Return what the server says about an error, such as that it has no such model."""
    try:
        found: Any = json.loads(body)["error"]
        text = found if isinstance(found, str) else found["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f": {text[:_MAX_MESSAGE]}" if isinstance(text, str) else ""
