"""The stage on which a provider is played: what every vendor's sandbox shares.

A vendor's sandbox (``providers/<slug>/sandbox.py``) subclasses `Sandbox` with its own paths and answers. It is a WSGI
application, so `serve` puts it on a real loopback port, and tests may call `Sandbox.answer` without any socket. What
goes wrong is chosen by `Faults`, from a seed, so that a run can be repeated.
"""

import json
import random
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

STOP_SECONDS = 0.02
"""After how long a server that is told to stop notices it."""
HTML_ERROR = "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><hr>balancer"


class LostAnswerError(Exception):
    """The request was carried out and stored; the connection breaks before the answer leaves."""


@dataclass(kw_only=True)
class Faults:
    """How often each thing goes wrong: a share of all calls, from 0 to 1.

    Written as a line: ``lost=0.05,unavailable=0.05,throttled=0.05,html=0.01,slow=0.02,delay=0.2,seed=7``.
    """

    lost: float = 0.0
    """Carried out and stored, but the answer never arrives. Only calls that change something."""
    unavailable: float = 0.0
    """Answered 500 or 503 with nothing done."""
    throttled: float = 0.0
    """Answered 429, half of them with a Retry-After of one second."""
    html: float = 0.0
    """Answered with the HTML page of a gateway, nothing done."""
    slow: float = 0.0
    """Answered, after `delay` seconds."""
    delay: float = 0.2
    seed: int = 1
    planned: deque[str] = field(default_factory=deque, repr=False)
    """Faults for the very next calls, by name; tests fill it.

    ``fine`` lets one pass; ``echo`` is a refusal that repeats the key.
    """

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 (Dice for a play, not for a secret.)
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, line: str) -> "Faults":
        """Read the written form. Raises ValueError naming the word that is not understood."""
        known = {f.name: f.type for f in fields(cls) if f.name != "planned"}
        values: dict[str, Any] = {}
        for word in filter(None, (part.strip() for part in line.split(","))):
            name, _, number = word.partition("=")
            if name not in known:
                raise ValueError(f"unknown fault {name!r}; known are {', '.join(known)}")
            try:
                values[name] = int(number) if name == "seed" else float(number)
            except ValueError:
                raise ValueError(f"fault {name!r} needs a number, not {number!r}") from None
        return cls(**values)

    def line(self, **changes: float) -> str:
        """The written form."""
        names = [f.name for f in fields(self) if f.name != "planned"]
        return ",".join(f"{name}={changes.get(name, getattr(self, name))}" for name in names)

    def next(self, *, writes: bool) -> str:
        """The name of the fault that befalls this call, or ``fine``."""
        with self._lock:
            if self.planned:
                return self.planned.popleft()
            dice = self._random.random()
            for name in ("lost", "unavailable", "throttled", "html", "slow"):
                share = getattr(self, name)
                if dice < share:
                    return "fine" if name == "lost" and not writes else name
                dice -= share
            return "fine"

    def flip(self) -> bool:
        """Heads or tails, from the same seed."""
        with self._lock:
            return self._random.random() < 0.5


class Sandbox(ABC):
    """A provider played in memory, behind its real paths. Subclasses give `urls` and a method for each endpoint."""

    slug: ClassVar[str]
    urls: ClassVar[Map]
    """Rules whose endpoint is the name of a method ``(request, **path values) -> Response``."""

    def __init__(self, *, faults: Faults | None = None, clock: Callable[[], float] = time.time) -> None:
        self.faults = faults or Faults()
        self.clock = clock
        """Seconds since 1970; tests replace it."""
        self.lock = threading.RLock()
        self.happened: Counter[str] = Counter()
        """How often each fault really befell a call."""
        self.requests: list[tuple[str, str, Any]] = []
        """Every call that got through: method, path with query, JSON body."""

    def answer(self, request: Request) -> Response:
        """Answer one request, or raise `LostAnswerError` after carrying it out."""
        request.get_data()  # An unread body would be taken for the next request of a connection that stays open.
        writes = self.writes(request)
        fault = self.faults.next(writes=writes)
        self.happened[fault] += 1
        if fault == "slow":
            time.sleep(self.faults.delay)
        elif fault == "throttled":
            return self.throttled(retry_after=1 if self.faults.flip() else None)
        elif fault == "unavailable":
            return self.unavailable(500 if self.faults.flip() else 503)
        elif fault == "echo":
            said = {"message": f"Who is {request.headers.get('Authorization')}?"}
            return Response(json.dumps({**said, "data": said}), status=400, mimetype="application/json")
        elif fault == "html":
            return Response(HTML_ERROR, status=502, mimetype="text/html")
        with self.lock:
            self.requests.append((request.method, request.full_path.rstrip("?"), request.get_json(silent=True)))
            try:
                endpoint, values = self.urls.bind_to_environ(request.environ).match()
                response: Response = self.refuse(request) or getattr(self, endpoint)(request, **values)
            except HTTPException as error:
                return self.no_route(error)
        if fault == "lost":
            raise LostAnswerError
        return response

    @property
    def switches(self) -> dict[str, Any]:
        """What the vendor's documents leave open, by name, and how it is played now."""
        plain = (bool, int, float, str, type(None))
        names = {
            name: None
            for part in reversed(type(self).__mro__)
            for name, value in vars(part).items()
            if not name.startswith("_") and name != "slug" and isinstance(value, plain)
        }
        return {name: getattr(self, name) for name in names}

    def switch(self, name: str, text: str) -> None:
        """Play it otherwise from now on; ``-`` stands for none. Raises ValueError saying what is not understood."""
        if name not in self.switches:
            raise ValueError(f"{self.slug} has no switch {name!r}; there are: {', '.join(self.switches)}")
        usual = getattr(type(self), name)
        value: object
        try:
            if isinstance(usual, bool):
                value = {"true": True, "false": False}[text.lower()]
            elif usual is None:
                value = None if text == "-" else int(text)
            else:
                value = type(usual)(text)
        except (KeyError, ValueError):
            raise ValueError(f"the switch {self.slug}.{name} is {usual!r} by default, and cannot be {text!r}") from None
        setattr(self, name, value)

    def writes(self, request: Request) -> bool:
        """Whether the call changes something (a vendor may search by POST)."""
        return request.method != "GET"

    @abstractmethod
    def refuse(self, request: Request) -> Response | None:
        """The answer to a call without a good key, or None if the key is good."""

    @abstractmethod
    def throttled(self, *, retry_after: int | None) -> Response:
        """The vendor's 429."""

    @abstractmethod
    def unavailable(self, status: int) -> Response:
        """The vendor's 500 or 503."""

    @abstractmethod
    def no_route(self, error: HTTPException) -> Response:
        """The vendor's answer to a path or a method that it does not have."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self.answer(Request(environ))(environ, start_response)
        except LostAnswerError:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("the sandbox lost this answer on purpose") from None


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, as the real providers do, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (Werkzeug's own name.)
        """Say nothing: the sandbox keeps its own list of requests."""


@contextmanager
def serve(application: Callable[..., Iterable[bytes]], port: int = 0) -> Iterator[str]:
    """Serve on 127.0.0.1 in threads of this process; yields ``http://127.0.0.1:PORT/``. Port 0 takes a free one."""
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(STOP_SECONDS,), name="sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
