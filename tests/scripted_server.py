"""An endpoint in OpenAI's API that answers, and misbehaves, by script."""

import base64
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import soundfile

STEP = 1600
"""Clip number n has (n + 1) * STEP samples: by that the server knows which one it hears."""


@dataclass(frozen=True)
class Say:
    """One answer."""

    body: bytes | str | dict[str, Any] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    """Close the connection after so many bytes of the body."""
    hang: bool = False
    """Say nothing until the server stops."""
    wait_for: threading.Event | threading.Barrier | None = None
    """Answer only when this is set, or when all parties of it are here."""

    @property
    def content(self) -> bytes:
        body = json.dumps(self.body) if isinstance(self.body, dict) else self.body
        return body.encode() if isinstance(body, str) else body


@dataclass(frozen=True)
class Heard:
    """One request."""

    clip: int
    path: str
    headers: dict[str, str]
    fields: dict[str, Any]
    """Of the form, or the JSON body; a field that comes twice is a list."""
    samples: Any
    came: float
    """By the monotonic clock."""
    port: int
    """The client's."""


Script = Callable[[int, int], Say]
"""What to say of a clip (by number) the n-th time, counted from 1."""


def fine(clip: int, time: int = 1) -> Say:
    return Say({"text": f"clip {clip}"})


def by_clip(steps: dict[int, list[Say]], otherwise: Script = fine) -> Script:
    """A list of answers for some clips, of which the last is repeated."""

    def script(clip: int, time: int) -> Say:
        return steps[clip][min(time, len(steps[clip])) - 1] if clip in steps else otherwise(clip, time)

    return script


class ScriptedServer:
    """Listens on a free port of 127.0.0.1 inside `with`."""

    def __init__(self, script: Script = fine) -> None:
        self.script = script
        self.heard: list[Heard] = []
        self.most_at_once = self.at_once = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._times: Counter[int] = Counter()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def times(self, clip: int) -> int:
        """How often the clip was asked about."""
        return self._times[clip]

    def __enter__(self) -> "ScriptedServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _next(self, request: Heard) -> Say:
        with self._lock:
            self.heard.append(request)
            self._times[request.clip] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            return self.script(request.clip, self._times[request.clip])

    def _done(self) -> None:
        with self._lock:
            self.at_once -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                came = time.monotonic()
                body = self.rfile.read(int(self.headers["content-length"]))
                fields, audio = _taken_apart(self.headers["content-type"], body)
                samples = (
                    np.zeros(0) if audio is None else soundfile.read(io.BytesIO(audio), dtype="int16")[0]
                )
                clip = len(samples) // STEP - 1
                headers = {name.lower(): value for name, value in self.headers.items()}
                say = server._next(
                    Heard(clip, self.path, headers, fields, samples, came, self.client_address[1])
                )
                try:
                    self._wait(say)
                finally:
                    server._done()  # before the client can ask again
                with suppress(BrokenPipeError, ConnectionResetError):
                    self._answer(say)

            def _wait(self, say: Say) -> None:
                if isinstance(say.wait_for, threading.Event):
                    while not (say.wait_for.wait(0.05) or server.stopping.is_set()):
                        pass
                elif say.wait_for is not None:
                    say.wait_for.wait(300)
                if say.hang:
                    server.stopping.wait(300)

            def _answer(self, say: Say) -> None:
                if say.hang:
                    self.close_connection = True
                    return
                content = say.content
                self.send_response(say.status)
                for name, value in {"Content-Length": str(len(content)), **say.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: say.cut_at])
                self.close_connection = say.cut_at is not None

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _taken_apart(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes | None]:
    if content_type.startswith("application/json"):
        fields = json.loads(body)
        parts = [part for message in fields["messages"] for part in message["content"] if part != str(part)]
        audio = [part["input_audio"]["data"] for part in parts if "input_audio" in part]
        return fields, base64.b64decode(audio[0]) if audio else None
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields, audio = {}, None
    for part in message.get_payload():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name == "file":
            audio = content
        elif name in fields:
            fields[name] = [
                *(fields[name] if isinstance(fields[name], list) else [fields[name]]),
                content.decode(),
            ]
        else:
            fields[name] = content.decode()
    return fields, audio
