"""What can be endorsed, what it is called, and who may ask."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from credentials_badges.badges.models import AccountMember, BadgeTemplate, Learner, ProviderAccount
from credentials_badges.endorsements import given, targets
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import Issuer, Program, System
from tests.endorsements.world import DAY, KINDS, NOW, World
from tests.providers.badgekit.desk import member


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_called_so_is_found_again(world: World, kind: str) -> None:
    target = world.target(kind)
    found = targets.find(target.kind, targets.ident_of(target))
    assert found == target
    assert len(target.key) <= 94
    assert targets.of(world.ask(kind)) == target


def test_names_pictures_and_pages_are_those_of_the_rows(world: World) -> None:
    told = {kind: (world.target(kind).name, world.target(kind).address) for kind in (*KINDS, "library")}
    assert told == {
        "template": ("Coder", f"https://badges.example/templates/{world.template.uuid}/"),
        "badge": ("Coder, Ada Lovelace", f"https://badges.example/badges/{world.badge.uuid}/"),
        "programme": ("Code Club", ""),
        "library": ("The Library", ""),
        "issuer": ("The City", ""),
        "elsewhere": ("Harbour School", ""),
    }
    assert world.target("badge").image_url == "https://pictures.example/badge.png"
    BadgeTemplate.objects.filter(pk=world.template.pk).update(name="Hacker", image_url="javascript:alert(1)")
    assert (world.target().name, world.target().image_url) == ("Hacker", "")


def test_whose_a_badge_is_that_nobody_has_accepted_is_not_told(world: World) -> None:
    world.badge.external_state = "pending"
    world.badge.save()
    assert world.target("badge").name == "Coder"


@pytest.mark.parametrize(
    ("kind", "ident"),
    [
        ("template", "x"),
        ("template", ""),
        ("template", "00000000-0000-4000-8000-000000000000"),
        ("badge", "\0"),
        ("issuer", ""),
        ("issuer", "1"),
        ("issuer", "-"),
        ("issuer", "0-account"),
        ("issuer", "²-account"),
        ("issuer", f"{'9' * 30}-account"),
        ("planet", "1-account"),
    ],
)
def test_nonsense_is_not_found(world: World, kind: str, ident: str) -> None:
    assert targets.find(kind, ident) is None


def test_nothing_is_found_under_another_account_or_kind(world: World) -> None:
    city, village = System.objects.get(slug="city"), System.objects.get(slug="village")
    other = ProviderAccount.objects.create(provider="badgekit", external_id="village", name="Our village")
    club, library = Program.objects.get(), Issuer.objects.get()
    idents = {
        ("issuer", f"{other.pk}-system-{city.pk}"),
        ("issuer", f"{world.account.pk}-system-{village.pk}"),
        ("programme", f"{other.pk}-program-{club.pk}"),
        ("issuer", f"{other.pk}-issuer-{library.pk}"),
        ("issuer", f"{world.credly.pk}-system-{city.pk}"),
        ("issuer", f"{world.account.pk}-account"),
        ("issuer", f"{world.account.pk}-program-{club.pk}"),
        ("programme", f"{world.account.pk}-system-{city.pk}"),
        ("programme", f"{world.credly.pk}-account"),
        ("badge", str(world.template.uuid)),
        ("template", str(world.badge.uuid)),
    }
    assert {ident: targets.find(*ident) for ident in idents} == dict.fromkeys(idents)
    assert targets.find("issuer", f"{other.pk}-system-{village.pk}") is not None


def test_what_is_hidden_or_retired_is_not_found(world: World) -> None:
    hidden = BadgeTemplate.objects.create(account=world.credly, external_id="hidden", name="Hidden")
    badge = world.target("badge")
    Learner.objects.filter(pk=world.ada.pk).update(retired_at=NOW)
    assert targets.find("template", str(hidden.uuid)) is None
    assert targets.find("badge", targets.ident_of(badge)) is None


def test_what_was_endorsed_is_known_also_when_its_organisation_was_deleted(world: World) -> None:
    made, target = world.ask("programme"), world.target("programme")
    Program.objects.update(deleted_at=NOW)
    assert targets.find("programme", targets.ident_of(target)) is None
    assert targets.of(made) == target


def test_owners_and_issuers_may_ask_for_what_is_theirs_and_for_nothing_else(world: World) -> None:
    reader = Learner.objects.create(username="reader", is_staff=True)
    AccountMember.objects.create(account=world.credly, user=reader, role=AccountMember.Role.READER)
    root = Learner.objects.create(username="root", is_superuser=True)
    gone = Learner.objects.create(username="gone", is_superuser=True, is_active=False)
    nobody = [world.ada, reader, gone, member("owner", "village"), member("reviewer"), AnonymousUser()]
    may: dict[Any, set[str]] = {
        world.owner: {"template", "badge", "programme", "issuer"},
        world.clerk: {"elsewhere"},
        root: set(KINDS),
        **{user: set() for user in nobody},
    }
    found = {user: {kind for kind in KINDS if targets.may_ask(user, world.target(kind))} for user in may}
    assert found == may


def test_a_badge_is_shown_with_its_template_and_those_who_issue_it(world: World) -> None:
    names = {kind: [each.name for each in targets.above(world.target(kind))] for kind in KINDS}
    assert names.pop("badge") == ["Coder", "Code Club", "The Library", "The City"]
    assert names.pop("template") == ["Code Club", "The Library", "The City"]
    assert names == {"programme": [], "issuer": [], "elsewhere": []}
    assert [each.name for each in targets.above(_found(world.credly_template))] == ["Harbour School"]


def _found(template: BadgeTemplate) -> targets.Target:
    found = targets.find("template", str(template.uuid))
    assert found
    return found


class TestGiven:
    def test_what_was_accepted_is_public_the_newest_first(self, world: World) -> None:
        first, second = world.accepted(), world.accepted(email="eve@e.example", now=NOW + DAY)
        world.accepted("issuer", "bob@b.example")
        assert given.public(world.target()) == [second, first]

    def test_nothing_else_is(self, world: World) -> None:
        made = world.accepted()
        for state in Endorsement.State:
            Endorsement.objects.update(state=state)
            shown = given.public(world.target())
            assert shown == ([made] if state == Endorsement.State.ACCEPTED else []), state

    def test_a_badge_and_its_template_are_two_things(self, world: World) -> None:
        of_template, of_badge = world.accepted(), world.accepted("badge")
        assert given.public(world.target("badge")) == [of_badge]
        assert given.public(world.target("badge"), world.target()) == [of_badge, of_template]
        assert given.public() == []

    def test_there_are_at_most_fifty_by_one_statement(self, world: World, django_assert_num_queries: Any) -> None:
        made = world.accepted()
        columns = {**world.target().columns(), "organisation": "x", "state": "accepted", "language": "en"}
        times = {"asked_at": NOW, "expires_at": NOW, "answered_at": NOW}
        Endorsement.objects.bulk_create(Endorsement(**columns, **times) for _ in range(60))
        wanted = [world.target(), world.target("issuer")]
        with django_assert_num_queries(1):
            shown = given.public(*wanted)
            names = {str(each.account) for each in shown}
        assert (len(shown), names, made in shown) == (50, {str(world.account)}, True)
