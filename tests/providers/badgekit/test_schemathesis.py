"""Schemathesis makes up calls of the BadgeKit API from its description, and looks whether the answers are as described.

HYPOTHESIS_PROFILE=thorough makes up many more, and new ones each time.
"""

import io
import signal
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from credentials_badges.wsgi import application
from providers.badgekit.api.schema import JSON, describe
from tests.providers.badgekit.api import ADA, MASTER, Caller
from tests.providers.badgekit.examples import ID, NAMES, world
from tests.rule_sets import THOROUGH

TIMERS = (
    (signal.ITIMER_PROF, signal.SIGPROF, 5),
    (signal.ITIMER_REAL, signal.SIGALRM, 60),
)
"""How many seconds each call may take: of the processor, and on the clock, where others may be in the way."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SETTINGS = settings(
    max_examples=500 if THOROUGH else 10,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
KNOWN = {
    **{name: [value] for name, value in NAMES.items()},
    "system": ["city", "CITY"],
    "badge": ["coder", "Coder "],
    "code": ["single use", "for all", "used"],
    "image": ["pic", "bytes"],
}
"""What paths can name in the world."""
FIELDS: dict[str, list[Any]] = {
    "code": ["single use", "SINGLE USE ", ""],
    "claimCode": ["single use", "for all", "used"],
    "email": [ADA, "eve@example.com"],
    "emails": [[ADA, "eve@example.com", "EVE@example.com"]],
    "slug": ["held", "coder", "new"],
    "badgeId": [ID, ID + 1],
    "primaryBadgeId": [ID],
    "supportBadges": [[ID + 1], [ID, ID + 1, ID]],
    "reviewItems": [[{"criterionId": ID, "satisfied": True}]],
    "criteria": [[{"id": ID, "description": "Read it twice."}]],
    "image": ["https://example.com/badge.png"],
}
"""What bodies can say that means something in the world."""
HOSTILE = (
    *("\0", "\ud800", "\udfff\ud83d", "%s%n%25", "x" * 256, "9" * 5000, "1e400", " ", "\u202e\u0301"),
    *(-1, 2**31, 2**63, 10**400, 1.5, 1e308, True, [], {}, [[]], [None], [{}], {"": None}, ["\0"], [10**30]),
)
"""What has made servers fail."""

pytestmark = pytest.mark.once


class Signing:
    """A WSGI application that signs each call with the master's key, as it came, and hands it on to another."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Sign method, path with query, and the very bytes."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        query = environ.get("QUERY_STRING")
        path = environ["REQUEST_URI"] + (f"?{query}" if query else "")
        signed = Caller().authorization(environ["REQUEST_METHOD"], path, body)
        return self.app({**environ, "wsgi.input": io.BytesIO(body), "HTTP_AUTHORIZATION": signed}, start_response)


def load() -> Any:
    """The API's part of the description, in which what is answered has no key that is not described."""
    described = describe({"openapi": "3.0.3", "info": {"title": "BadgeKit", "version": "0"}}, None, None, None)
    for name, shape in described["components"]["schemas"].items():
        if not name.endswith(("Body", "Form", "Upload")):
            close(shape)
    loaded = schemathesis.openapi.from_dict(described, config=schemathesis.Config())
    loaded.app = Signing(application)
    return loaded


def close(shape: Any) -> None:
    """Let its objects have no other keys."""
    if isinstance(shape, dict):
        if shape.get("type") == "object" and "properties" in shape:
            shape["additionalProperties"] = False
        for each in shape.values():
            close(each)
    if isinstance(shape, list):
        for each in shape:
            close(each)


API = load()
OPERATIONS = {each.ok().label: each.ok() for each in API.get_all_operations()}


@st.composite
def cases(draw: st.DrawFn, operation: Any) -> schemathesis.Case:
    """A call, as described or not; mostly about what there is."""
    kinds = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    case = draw(st.one_of(kinds))
    if case.path_parameters and draw(st.integers(0, 4)) < 4:
        case.path_parameters = {
            name: quote(draw(st.sampled_from(KNOWN[name])), safe="") for name in case.path_parameters
        }
    if isinstance(case.body, dict):
        for name in sorted(case.body.keys() & FIELDS.keys()):
            if draw(st.booleans()):
                case.body[name] = draw(st.sampled_from(FIELDS[name]))
        if case.body and case.media_type == JSON and draw(st.integers(0, 4)) == 4:
            case.body[draw(st.sampled_from(sorted(case.body)))] = draw(st.sampled_from(HOSTILE))
    return case


@contextmanager
def in_time() -> Iterator[None]:
    """Raise TimeoutError if it takes too long."""

    def stop(*_: object) -> None:
        raise TimeoutError("no answer in time")

    before = [signal.signal(each, stop) for _, each, _ in TIMERS]
    for timer, _, seconds in TIMERS:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (timer, each, _), handler in zip(TIMERS, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(each, handler)


@pytest.fixture
def _world(db: None, settings: Any) -> Iterator[None]:
    settings.BADGEKIT_MASTER_SECRET = MASTER
    world()
    # Otherwise each request would close the connection, and with it the transaction that the test is in.
    signals = (request_started, request_finished)
    for each in signals:
        each.disconnect(close_old_connections)
    yield
    for each in signals:
        each.connect(close_old_connections)


def check_answers(label: str, cases: st.SearchStrategy[schemathesis.Case]) -> list[int]:
    """Make calls of this sort, each of which has to be answered as described; returns the statuses."""
    tried = []

    @settings(SETTINGS)
    @given(case=cases)
    def try_it(case: schemathesis.Case) -> None:
        with transaction.atomic():
            with in_time():
                response = case.call()
            transaction.set_rollback(True)
        tried.append(response.status_code)
        assert response.status_code < 500, response.text
        case.validate_response(response, checks=CHECKS)

    # The same calls at each run, so that a change is judged by itself; but other ones for each operation.
    (try_it if THOROUGH else seed(zlib.crc32(label.encode()))(try_it))()
    return tried


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("label", OPERATIONS, ids=list(OPERATIONS))
def test_every_answer_is_as_described(label: str) -> None:
    assert check_answers(label, cases(OPERATIONS[label]))
