"""Nothing that programs send makes the service fail: not by the REST API, as an event, or as a webhook.

Whatever a sender was told is stored is there. HYPOTHESIS_PROFILE=thorough makes up many more, and new ones each time.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token
from schemathesis.generation import GenerationMode

from credentials_badges.badges.models import Learner, LearningEvent, ProviderAccount, WebhookDelivery
from credentials_badges.wsgi import application
from tests.badges.world import passing
from tests.providers.badgekit import test_rest_schemathesis, test_schemathesis
from tests.providers.badgekit.test_rest_schemathesis import KEY, Owning
from tests.providers.badgekit.test_schemathesis import HOSTILE, _world, check_answers
from tests.rule_sets import THOROUGH

__all__ = ["_world"]

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("_world")]
SETTINGS = settings(
    max_examples=3_000 if THOROUGH else 150,
    deadline=None,
    database=None,
    derandomize=not THOROUGH,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
EVENTS = "/api/v1/events/"
MEDIA_TYPES = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
ODD_TYPES = (
    *("", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"),
    *("application/json; charset=utf-16", "application/json; charset=nonsense", "application/json; charset=bz2"),
    *(
        "application/json; charset*=utf-8''%ff",
        "/;=",
        "application/json;;;",
        "a" * 5000,
        "application/json, text/plain",
    ),
)
NAMED = (
    *("Accept", "Accept-Encoding", "Accept-Language", "Content-Encoding", "Cookie", "Expect", "Forwarded", "If-Match"),
    *("If-Modified-Since", "Origin", "Range", "Referer", "User-Agent", "X-Forwarded-For", "X-Requested-With"),
)
ODD_WORDS = ("*/*;q=nonsense", "text/html;q=-1", "gzip", "bytes=0-", "100-continue", "null", "sessionid=\xff")
HEADERS = st.dictionaries(
    st.sampled_from(NAMED),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=50) | st.sampled_from(ODD_WORDS),
    max_size=3,
)
"""In Latin-1, which is what WSGI hands on."""
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(HOSTILE)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
NAMES = ("id", "source", "type", "time", "data", "specversion", "organization_id", "event_type", "occurred_at", "pii")


def load() -> dict[str, Any]:
    """The calls that have no test of this sort of their own."""
    loaded = schemathesis.openapi.from_dict(
        SchemaGenerator().get_schema(request=None, public=True), config=schemathesis.Config()
    )
    loaded.app = Owning(application)
    elsewhere = test_rest_schemathesis.OPERATIONS.keys() | test_schemathesis.OPERATIONS.keys()
    found = {each.ok().label: each.ok() for each in loaded.get_all_operations()}
    return {label: operation for label, operation in found.items() if label not in elsewhere}


OPERATIONS = load()


@pytest.fixture
def root(db: None) -> Learner:
    """Somebody who may do everything, with the token that `Owning` sends."""
    root = Learner.objects.create_superuser("root", "root@example.com", "x")
    Token.objects.create(user=root, key=KEY)
    return root


@st.composite
def cases(draw: st.DrawFn, operation: Any) -> Any:
    """A call, as described or not, at times with something in it that has made servers fail."""
    case = draw(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    if isinstance(case.body, dict) and case.body and draw(st.booleans()):
        case.body[draw(st.sampled_from(sorted(case.body)))] = draw(st.sampled_from(HOSTILE))
    return case


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("label", OPERATIONS, ids=list(OPERATIONS))
def test_every_answer_is_as_described(label: str) -> None:
    assert check_answers(label, cases(OPERATIONS[label]))


@st.composite
def documents(draw: st.DrawFn, real: dict[str, Any]) -> bytes:
    """A body: mostly JSON, mostly like a real one, mostly in UTF-8."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        depth = draw(st.sampled_from((31, 1_000, 100_000)))
        return draw(st.sampled_from((b"[", b'{"a":', b'{"data":['))) * depth
    if kind == 2:
        return draw(
            st.sampled_from((b" ", b'{"id": "' + b"x" * 70_000 + b'"}', b'"' + b"\xff" * 9 + b'"', b"[NaN]", b"1e999"))
        )
    document: Any = dict(real)
    for name in draw(st.lists(st.sampled_from(sorted({*real, *NAMES})), max_size=3)):
        document[name] = draw(VALUES)
    text = json.dumps([document, document] if draw(st.booleans()) and kind < 5 else document)
    if kind == 3:
        # Of a key that is there twice, programs take the one or the other.
        text = text.replace("{", f"{{{json.dumps(draw(st.sampled_from(NAMES)))}: {json.dumps(draw(SCALARS))}, ", 1)
    return text.encode(draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16", "utf-8-sig", "latin-1"))))


def call(path: str, body: bytes, media_type: str, headers: dict[str, str], *, chunked: bool) -> tuple[int, bytes]:
    """What a server is answered that hands this on, its headers in Latin-1 as WSGI has them."""
    told: dict[str, str] = {}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": media_type,
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "HTTP_AUTHORIZATION": f"Token {KEY}",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    in_chunks = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    environ |= in_chunks if chunked else {"CONTENT_LENGTH": str(len(body))}
    answer: Any = application(environ, lambda status, _: told.update(status=status))
    try:
        return int(told["status"].split()[0]), b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()


@contextmanager
def undone() -> Iterator[None]:
    """What is stored within it is forgotten."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("root")
def test_events_are_stored_or_refused() -> None:
    statuses = set()

    @SETTINGS
    @given(
        documents(passing("ada", "OneX")),
        st.sampled_from(MEDIA_TYPES) | st.sampled_from(ODD_TYPES),
        HEADERS,
        st.booleans(),
    )
    def try_it(body: bytes, media_type: str, headers: dict[str, str], chunked: bool) -> None:
        with undone():
            status, answer = call(EVENTS, body, media_type, headers, chunked=chunked)
            statuses.add(status)
            assert status in {202, 400, 406, 413, 415}, answer
            if status == 202:
                assert LearningEvent.objects.count() == json.loads(answer)["accepted"]
            else:
                assert not LearningEvent.objects.exists()

    try_it()
    assert {202, 400, 415} <= statuses


def hook(provider: str) -> dict[str, Any]:
    """What a real webhook has in it, as far as anybody looks at it."""
    return {
        "id": "5c1e2a84-c9f1-11f0-8de9-0242ac120002",
        "organization_id": f"{provider}-account",
        "event_type": "badge.accepted",
        "occurred_at": "2026-05-21T12:00:00Z",
        "badge": {"id": "a", "state": "accepted"},
    }


@pytest.mark.parametrize("provider", ["credly", "accredible", "badgekit", "nobody"])
@pytest.mark.parametrize("is_secret", [False, True], ids=["fixed", "secret"])
def test_webhooks_are_stored_or_refused(provider: str, is_secret: bool) -> None:
    account = ProviderAccount.objects.create(provider=provider, external_id=f"{provider}-account")
    path = f"/webhooks/{provider}/{account.webhook_token}/" if is_secret else f"/badges/{provider}/webhook/"
    takes = provider == "credly"
    statuses = set()

    @SETTINGS
    @given(documents(hook(provider)), st.sampled_from((*MEDIA_TYPES, *ODD_TYPES)), HEADERS, st.booleans())
    def try_it(body: bytes, media_type: str, headers: dict[str, str], chunked: bool) -> None:
        with undone():
            status, answer = call(path, body, media_type, headers, chunked=chunked)
            statuses.add(status)
            assert status in ({200, 400, 413} if takes else {404}), answer
            assert WebhookDelivery.objects.count() == (status in {200, 400})

    try_it()
    assert statuses >= ({200, 400, 413} if takes else {404})
