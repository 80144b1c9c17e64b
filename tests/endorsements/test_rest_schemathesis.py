"""Schemathesis makes up calls of the API of endorsements, and looks whether the answers are as described."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token
from schemathesis.generation import GenerationMode

from credentials_badges.badges.models import BadgeTemplate, ProviderAccount
from credentials_badges.endorsements import answering, asking, targets
from credentials_badges.endorsements.asking import Asked
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.test_rest_schemathesis import KEY, load
from tests.providers.badgekit.test_schemathesis import HOSTILE, _world, check_answers

__all__ = ["_world"]

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("_world")]


API = load("/api/v1/endorsements/")
OPERATIONS = {each.ok().label: each.ok() for each in API.get_all_operations()}


@pytest.fixture
def known() -> dict[str, list[Any]]:
    """What paths, queries and bodies can name that is there: a template, and what was asked of it."""
    owner = member("owner")
    Token.objects.create(user=owner, key=KEY)
    account = ProviderAccount.objects.create(provider="badgekit", external_id="city", endorsements_enabled=True)
    template = BadgeTemplate.objects.create(account=account, external_id="coder", name="Coder", is_active=True)
    target = targets.find("template", str(template.uuid))
    assert target
    people = [Asked(name=name, email=f"{name}@example.net") for name in ("rosa", "eve", "bob")]
    asked = asking.ask(target, owner, people=people, now=timezone.now()).made
    for each in asked[:2]:
        assert answering.accept(each, text="*Yes*", in_name_of="", url="", voice=None, now=timezone.now())
    assert asking.hide(asked[0], owner, timezone.now())
    return {
        "uuid": [*(str(each.uuid) for each in asked), str(uuid4())],
        "template": [str(template.uuid), str(uuid4())],
        "target": [str(template.uuid), f"{account.pk}-system-1"],
        "kind": ["template"],
        "all": ["1", "true", "x"],
        "people": [[{"name": "Rosa", "email": "rosa@example.net"}, {"name": "Sam", "email": "sam@example.net"}]],
    }


@st.composite
def cases(draw: st.DrawFn, operation: Any, known: dict[str, list[Any]]) -> Any:
    """A call, as described or not; mostly about what there is."""
    case = draw(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    for name in case.path_parameters or ():
        case.path_parameters[name] = quote(draw(st.sampled_from(known[name])), safe="")
    for part in (case.body, case.query):
        if isinstance(part, dict):
            for name in sorted(part.keys() & known.keys()):
                if draw(st.booleans()):
                    part[name] = draw(st.sampled_from(known[name]))
    if isinstance(case.query, dict) and operation.method == "get" and draw(st.booleans()):
        case.query = {name: draw(st.sampled_from(known[name])) for name in ("template", "all")}
    if isinstance(case.body, dict) and case.body and draw(st.booleans()):
        case.body[draw(st.sampled_from(sorted(case.body)))] = draw(st.sampled_from(HOSTILE))
    return case


@pytest.mark.parametrize("label", OPERATIONS, ids=list(OPERATIONS))
def test_every_answer_is_as_described(label: str, known: dict[str, list[Any]]) -> None:
    assert check_answers(label, cases(OPERATIONS[label], known))
