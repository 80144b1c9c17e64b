"""Schemathesis makes up calls of the REST API from its description, and looks whether the answers are as described."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token
from schemathesis.generation import GenerationMode

from credentials_badges.wsgi import application
from providers.badgekit.models import Batch
from tests.providers.badgekit.api import badge, make
from tests.providers.badgekit.claims_world import claim, with_photo
from tests.providers.badgekit.desk import member, system
from tests.providers.badgekit.test_schemathesis import HOSTILE, _world, check_answers

__all__ = ["_world"]

KEY = "0123456789" * 4
OURS = ("/api/v1/systems/", "/api/v1/claims/")
CSV = ("code\nnew day\n", "code,limit\n=1+1,x\n", "code;multiuse\r\nabc;yes", '"', "\0", "")

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("_world")]
schemathesis.serializer.alias("text/csv", "text/plain")


class Owning:
    """A WSGI application that gives each call an owner's token, and hands it on to another."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Any = self.app({**environ, "HTTP_AUTHORIZATION": f"Token {KEY}"}, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()  # And with it the file that is answered.


def load(ours: Any) -> Any:
    """A part of the description: the addresses that begin so."""
    described = SchemaGenerator().get_schema(request=None, public=True)
    described["paths"] = {path: item for path, item in described["paths"].items() if path.startswith(ours)}
    loaded = schemathesis.openapi.from_dict(described, config=schemathesis.Config())
    loaded.app = Owning(application)
    return loaded


API = load(OURS)
OPERATIONS = {each.ok().label: each.ok() for each in API.get_all_operations()}


@pytest.fixture
def known() -> dict[str, list[str]]:
    """What paths can name."""
    owner = member("owner")
    Token.objects.create(user=owner, key=KEY)
    member("reader")
    theirs, photo = with_photo("eve@example.com")
    mine = claim(owner.email, "reader", learner=owner)
    codes = [make("open day", multiuse=True), make("read aloud", "reader", limit=None)]
    return {
        "system": [str(system().pk)],
        "code": [str(each.pk) for each in codes],
        "batch": [str(Batch.objects.create(badge=badge(), label="May").pk)],
        "claim": [str(theirs.pk), str(mine.pk)],
        "evidence": [str(photo.pk)],
        "username": ["reader-of-city", owner.username, "nobody"],
    }


def fields() -> dict[str, list[Any]]:
    """What bodies and queries can say that means something."""
    return {
        "badge": [badge().pk, badge("farmer").pk],
        "code": ["open day", "READ ALOUD ", "no such code"],
        "label": ["May"],
        "addresses": ["ada@example.com\nbob@example.com", "email,name\nada@example.com,Ada"],
        "role": ["owner", "reviewer", "reader"],
        "from": ["2026-01-01", "x"],
        "to": ["2026-12-31", "1999-01-01"],
    }


@st.composite
def cases(draw: st.DrawFn, operation: Any, known: dict[str, list[str]], said: dict[str, list[Any]]) -> Any:
    """A call, as described or not; mostly about what there is."""
    case = draw(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    for name in case.path_parameters or ():
        # What is no number leads to no view of ours.
        case.path_parameters[name] = quote(draw(st.sampled_from([*known[name], *known[name], "0", "9" * 30])), safe="")
    for part in (case.body, case.query):
        if isinstance(part, dict):
            for name in sorted(part.keys() & said.keys()):
                if draw(st.booleans()):
                    part[name] = draw(st.sampled_from(said[name]))
    if isinstance(case.body, dict) and case.body and case.media_type == "application/json" and draw(st.booleans()):
        case.body[draw(st.sampled_from(sorted(case.body)))] = draw(st.sampled_from(HOSTILE))
    if case.media_type == "text/csv":
        case.body = draw(st.sampled_from(CSV) | st.text())
    return case


@pytest.mark.parametrize("label", OPERATIONS, ids=list(OPERATIONS))
def test_every_answer_is_as_described(label: str, known: dict[str, list[str]]) -> None:
    assert check_answers(label, cases(OPERATIONS[label], known, fields()))
