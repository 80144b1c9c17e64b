"""The administration's pages of endorsements: to be read, by whoever may see the account."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import AccountMember, Learner
from credentials_badges.endorsements import answering, asking
from tests.endorsements.world import KINDS, NOW, World

LIST = "/admin/endorsements/endorsement/"


def signed_in(learner: Learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def root(db: None) -> Client:
    return signed_in(Learner.objects.create(username="root", is_staff=True, is_superuser=True))


@pytest.fixture
def reader(world: World) -> Client:
    """Who may look at Credly's account, and at nothing else."""
    made = Learner.objects.create(username="reader", is_staff=True)
    AccountMember.objects.create(account=world.credly, user=made, role=AccountMember.Role.READER)
    return signed_in(made)


def found(answer: Any) -> set[str]:
    """Whose endorsements are in a list."""
    assert answer.status_code == 200
    return {row.endorser_email for row in answer.context["cl"].result_list}


@pytest.mark.parametrize("kind", KINDS)
def test_each_page_tells_all_but_the_link(world: World, root: Client, kind: str) -> None:
    made = world.accepted(kind, message="Between the two of us.")
    shown = root.get(f"{LIST}{made.pk}/change/").content.decode()
    for words in (
        "Rosa Roth",
        "rosa@roth.example",
        "Between the two of us.",
        "Roth &amp; Co.",
        world.target(kind).name,
    ):
        assert words in shown
    assert answering.link(made) not in shown
    assert made.open_key
    assert made.open_key not in shown
    assert 'name="_save"' not in shown


def test_what_is_endorsed_may_be_unknown_by_now(world: World, root: Client) -> None:
    made = world.ask("programme")
    made.issuer_key = "program-0"
    made.save()
    assert root.get(f"{LIST}{made.pk}/change/").status_code == 200


def test_nobody_adds_changes_or_deletes_any(world: World, root: Client) -> None:
    made = world.ask()
    assert root.get(f"{LIST}add/").status_code == 403
    assert root.post(f"{LIST}{made.pk}/change/", {"text": "x"}).status_code == 403
    assert root.post(f"{LIST}{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_is_searched_and_filtered(world: World, root: Client) -> None:
    world.accepted(email="a@a.example")
    asking.cancel(world.ask("badge", "b@b.example"), world.owner, NOW)
    world.ask("elsewhere", "c@c.example", name="Carla")
    asked = ("?q=carla", "?state__exact=cancelled", "?q=roth", f"?account__id__exact={world.credly.pk}", "?q=Coder")
    told = [found(root.get(f"{LIST}{query}")) for query in asked]
    a, b, c = "a@a.example", "b@b.example", "c@c.example"
    assert told == [{c}, {b}, {a, b}, {c}, {a}]


def test_a_member_finds_what_is_of_their_account_alone(world: World, reader: Client) -> None:
    foreign, own = world.ask(email="a@a.example"), world.ask("elsewhere", "c@c.example")
    assert found(reader.get(LIST)) == {"c@c.example"}
    assert found(reader.get(f"{LIST}?q=rosa")) == {"c@c.example"}
    assert reader.get(f"{LIST}{own.pk}/change/").status_code == 200
    assert reader.get(f"{LIST}{foreign.pk}/change/").status_code == 302
    assert b"Our city" not in reader.get(LIST).content


def test_others_find_nothing(world: World) -> None:
    world.ask()
    clerk = Learner.objects.create(username="clerk", is_staff=True)
    assert signed_in(clerk).get(LIST).status_code == 403
    assert signed_in(world.owner).get(LIST).status_code == 302
    clerk.user_permissions.add(Permission.objects.get(codename="view_endorsement"))
    assert found(signed_in(clerk).get(LIST)) == {"rosa@roth.example"}


def test_the_list_takes_as_many_statements_for_many_as_for_one(world: World, root: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            root.get(LIST)
        return len(captured)

    world.ask()
    root.get(LIST)
    before = statements()
    for number, kind in enumerate(KINDS):
        world.accepted(kind, f"r{number}@roth.example")
    assert statements() == before
