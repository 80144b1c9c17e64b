"""What came of codes, in numbers: each thing once, on its day, and nothing of anybody else's."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credentials_badges.badges.models import BadgeTemplate, Learner
from providers.badgekit import reports
from providers.badgekit.claimable import make_claimable
from providers.badgekit.models import ClaimCode, System
from providers.badgekit.scopes import Scope
from tests.providers.badgekit.api import ADA, Caller, badge, hold
from tests.providers.badgekit.claim_page import kept
from tests.providers.badgekit.counted import (
    DAY,
    NOON,
    batch,
    claim,
    code,
    look,
    look_at_badge,
    many,
    ours,
)


@pytest.fixture
def stand_in(template: BadgeTemplate, city: System) -> ClaimCode:
    """A code of the store's badge that stands for one of Credly's."""
    made = make_claimable(template, city)
    ClaimCode.objects.filter(pk=made.pk).update(made_at=NOON)
    return made


def told(scope: Scope) -> dict[str, int]:
    """What of the funnel is not zero."""
    return {key: number for key, number in reports.funnel(scope).items() if number}


def people(scope: Scope, search: str = "") -> list[str]:
    return [reports.earner(each).address for each in reports.earners(scope, search)]


class TestTheNumbers:
    def test_each_has_a_meaning_and_is_there(self, city: System) -> None:
        keys = [each.key for each in reports.WHAT_IS_COUNTED]
        assert list(reports.funnel(Scope(system=city))) == keys
        assert len(keys) == len(set(keys))
        assert told(Scope(system=city)) == {}

    def test_codes_visits_and_claims_are_counted(self, city: System) -> None:
        one, two = code("one", handed_out_at=NOON), code("two", deleted_at=NOON)
        look(one, 5)
        look(one, 2, source="x")
        look(two, 3, kind="shared", source="linkedin")
        for number, state in enumerate(["submitted", "returned", "rejected", "withdrawn", "cancelled", "awarded"]):
            claim(one, f"learner-{number}", state)
        assert told(Scope(system=city)) == {
            "made": 2,
            "used": 1,
            "handed_out": 1,
            "opened": 7,
            "shared": 3,
            "claimed": 6,
            "waiting": 1,
            "returned": 1,
            "rejected": 1,
            "given_up": 2,
            "approved": 1,
            "awarded": 1,
            "pushed": 1,
            "accepted": 1,
        }

    def test_a_real_claim_is_counted(self, api: Caller, city: System) -> None:
        code("fair")
        assert api.post("/systems/city/badges/coder/codes/fair/claim", {"email": ADA})[0] == 200
        claimed = {"claimed": 1, "approved": 1, "awarded": 1, "pushed": 1, "accepted": 1}
        assert told(Scope(system=city)) == {"made": 1, "used": 1, **claimed}

    def test_codes_that_are_kept_for_a_learner_are_counted_nowhere(self, city: System) -> None:
        promised = kept("ada")
        look(promised)
        claim(promised)
        scope = Scope(system=city)
        assert told(scope) == {}
        assert (reports.over_time(scope), reports.sources(scope), people(scope)) == ([], [], [])

    def test_another_system_s_are_not_counted(self, city: System) -> None:
        other = code("barn", "farmer")
        look(other)
        claim(other)
        assert told(Scope(system=city)) == {}
        assert told(Scope(system=System.objects.get(slug="village")))["claimed"] == 1

    def test_a_badge_a_batch_and_a_code_have_numbers_of_their_own(self, city: System) -> None:
        fair = batch("fair", 3)
        code("book", "reader")
        first = fair.codes.order_by("pk")[0]
        claim(first)
        assert told(Scope(system=city))["made"] == 4
        assert told(Scope(system=city, badge=badge()))["made"] == 3
        assert told(Scope(system=city, badge=badge("reader"))) == {"made": 1}
        assert told(Scope(system=city, batch=fair))["claimed"] == 1
        assert told(Scope(system=city, code=first))["made"] == 1


class TestThePeriod:
    @pytest.mark.parametrize(
        ("since", "until", "counts"),
        [
            (None, None, True),
            (DAY, None, True),
            (None, DAY, True),
            (DAY, DAY, True),
            (DAY + timedelta(1), None, False),
            (None, DAY - timedelta(1), False),
        ],
    )
    @pytest.mark.parametrize("clock", [(0, 0, 0, 0), (23, 59, 59, 999_999)])
    def test_a_day_counts_from_its_first_moment_to_its_last(
        self, city: System, since: date | None, until: date | None, counts: bool, clock: tuple[int, int, int, int]
    ) -> None:
        at = datetime(2024, 3, 13, *clock, tzinfo=UTC)
        made = code(made_at=at, handed_out_at=at)
        look(made)
        claim(made, made_at=at)
        scope = Scope(system=city, since=since, until=until)
        assert told(scope).keys() == (told(Scope(system=city)).keys() if counts else set())
        assert (people(scope) == [ADA]) is counts

    def test_a_claim_and_its_approval_count_on_their_own_days(self, city: System) -> None:
        claim(code(made_at=NOON - timedelta(9)), made_at=NOON - timedelta(1), decided_at=NOON)
        assert told(Scope(system=city, until=DAY - timedelta(1), since=DAY - timedelta(1))) == {"claimed": 1}
        later = {"approved": 1, "awarded": 1, "pushed": 1, "accepted": 1}
        assert told(Scope(system=city, since=DAY)) == later


class TestWhatIsHeld:
    def test_without_a_template_of_ours_the_store_tells(self, city: System) -> None:
        gone = claim(code())
        assert told(Scope(system=city))["awarded"] == 1
        assert gone.instance is not None
        gone.instance.delete()
        assert told(Scope(system=city)) == {"made": 1, "used": 1, "claimed": 1, "approved": 1}

    def test_with_one_our_badges_count_as_well(self, city: System, own_template: BadgeTemplate) -> None:
        claim(code(), instance=None)
        ours(own_template, external_id="x", external_state="revoked")
        held = told(Scope(system=city))
        assert (held["awarded"], held["pushed"], held.get("accepted")) == (1, 1, None)

    def test_of_a_stand_in_the_badges_of_its_provider_count(
        self, city: System, template: BadgeTemplate, stand_in: ClaimCode
    ) -> None:
        for who in ("none", "revoked", "new", "sent", "accepted"):
            claim(stand_in, who)
        ours(template, "revoked", status="revoked", external_id="r", external_state="accepted")
        ours(template, "new")
        ours(template, "sent", external_id="s", external_state="pending")
        ours(template, "accepted", external_id="a", external_state="accepted")
        ours(template, "by-rules", external_id="b", external_state="accepted")
        claim(stand_in, "by-rules", "rejected")
        held = told(Scope(system=city))
        assert (held["approved"], held["awarded"], held["pushed"], held["accepted"]) == (5, 3, 2, 1)
        states = {
            each.address.split("@")[0]: each.state for each in map(reports.earner, reports.earners(Scope(system=city)))
        }
        assert states == {
            "none": "Not held",
            "revoked": "Taken back",
            "new": "Not sent yet",
            "sent": "Pending",
            "accepted": "Accepted",
        }

    def test_who_lost_a_badge_and_claimed_it_again_holds_it_once(
        self, city: System, template: BadgeTemplate, stand_in: ClaimCode
    ) -> None:
        ours(template, external_id="a", external_state="accepted")
        claim(stand_in, instance=None)
        claim(stand_in)
        held = told(Scope(system=city))
        assert (held["approved"], held["awarded"], held["accepted"]) == (2, 1, 1)


class TestPublicPages:
    def test_only_those_of_badges_that_came_by_these_codes_count(
        self, city: System, own_template: BadgeTemplate
    ) -> None:
        claim(code())
        claimed, by_rules = ours(own_template), ours(own_template, "bob")
        look_at_badge(claimed, 4, source="x")
        look_at_badge(claimed, 2, kind="clicked")
        look_at_badge(claimed, 3, kind="shared", source="facebook")
        look_at_badge(by_rules, 100)
        scope = Scope(system=city)
        assert [told(scope)[key] for key in ("visited", "clicked", "passed_on")] == [4, 2, 3]
        by_source = {row.title: dict(row.numbers) for row in reports.sources(scope)}
        assert by_source["X"]["visited"] == 4
        assert by_source["Facebook"]["passed_on"] == 3
        assert "visited" not in told(Scope(system=city, until=DAY - timedelta(1)))


class TestParts:
    def test_badges_are_listed_by_name_with_their_shares(self, city: System) -> None:
        one = code("one")
        code("two")
        look(one, 3)
        claim(one)
        claim(one, "bob", "rejected")
        rows = reports.by_badge(Scope(system=city))
        assert [row.title for row in rows] == ["Coder", "Librarian", "Reader", "Retired"]
        assert rows[0].rates == {"used of made": 50.0, "claimed of opened": 66.7, "approved of claimed": 50.0}
        assert rows[1].rates == {"used of made": None, "claimed of opened": None, "approved of claimed": None}

    def test_a_deleted_badge_is_listed_if_something_is_counted(self, city: System) -> None:
        code()
        badge("coder").hide()
        badge("reader").hide()
        assert [row.title for row in reports.by_badge(Scope(system=city))] == ["Coder", "Librarian", "Retired"]

    def test_batches_are_listed_and_then_what_was_made_singly(self, city: System) -> None:
        claim(batch("fair", 2).codes.order_by("pk")[0])
        batch("market", 1, "reader")
        scope = Scope(system=city, badge=badge())
        assert [(row.title, row.numbers["made"]) for row in reports.by_batch(scope)] == [("fair", 2)]
        code("alone")
        assert [(row.title, row.numbers["made"]) for row in reports.by_batch(scope)] == [
            ("fair", 2),
            ("Single codes", 1),
        ]
        assert {row.title for row in reports.by_batch(Scope(system=city))} == {"fair", "market", "Single codes"}


class TestEarners:
    def test_they_are_told_newest_first_with_what_is_known(self, city: System) -> None:
        Learner.objects.create(username="ada", email=ADA, full_name="Ada Lovelace")
        claim(code("one", label="Desk 1"), source="qr")
        claim(batch("fair", 1).codes.get(), "bob", name="Bob", made_at=NOON + timedelta(1))
        claim(code("two"), "eve", "submitted")
        bob, ada = map(reports.earner, reports.earners(Scope(system=city)))
        assert (bob.name, bob.code, bob.source, bob.state) == ("Bob", "fair", "Not known", "Accepted")
        assert (ada.name, ada.address, ada.badge, ada.earned_at) == ("Ada Lovelace", ADA, "Coder", NOON)
        assert (ada.code, ada.source) == ("Desk 1", "QR code")

    @pytest.mark.parametrize("search", ["lovelace", "ADA@", "desk 1", "fair"])
    def test_they_are_found_by_name_address_and_label(self, city: System, search: str) -> None:
        Learner.objects.create(username="ada", email=ADA, full_name="Ada Lovelace")
        claim(batch("Fair", 1).codes.get())
        ClaimCode.objects.update(label="Desk 1")
        claim(code("two"), "bob")
        assert people(Scope(system=city), search) == [ADA]

    @pytest.mark.parametrize("search", ["%", "_", "coder-fair-0", "'; DROP TABLE"])
    def test_signs_mean_nothing_and_the_code_s_text_finds_nobody(self, city: System, search: str) -> None:
        claim(batch("fair", 1).codes.get())
        assert people(Scope(system=city), search) == []


def test_a_badge_that_nobody_claimed_is_nobody_s(city: System, own_template: BadgeTemplate) -> None:
    hold("eve@example.com")
    ours(own_template, "eve")
    assert told(Scope(system=city)) == {}


def test_it_costs_as_many_statements_for_forty_as_for_two(city: System, own_template: BadgeTemplate) -> None:
    def cost() -> list[int]:
        scope = Scope(system=city, badge=badge())
        costs = []
        for count in (
            lambda: reports.funnel(scope),
            lambda: reports.over_time(scope),
            lambda: reports.sources(scope),
            lambda: reports.by_badge(Scope(system=city)),
            lambda: reports.by_batch(scope),
            lambda: people(scope, "learner"),
        ):
            with CaptureQueriesContext(connection) as queries:
                count()
            costs.append(len(queries))
        return costs

    many(0, 2, own_template)
    few = cost()
    many(2, 38, own_template)
    assert told(Scope(system=city))["accepted"] == 40
    assert cost() == few
