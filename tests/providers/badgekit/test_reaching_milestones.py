"""A milestone's badge is given with the award that completes it."""

import pytest

from providers.badgekit.models import BadgeInstance
from tests.providers.badgekit.api import ADA, BOB, Caller, milestone


class TestReaching:
    def give(self, api: Caller, *slugs: str, email: str = ADA) -> None:
        for slug in slugs:
            assert api.post(f"/systems/city/badges/{slug}/instances", {"email": email})[0] == 201

    def held(self, email: str = ADA) -> list[str]:
        rows = BadgeInstance.objects.filter(address=email.lower()).order_by("pk")
        return list(rows.values_list("badge__slug", flat=True))

    @pytest.mark.parametrize("action", ["issue", "queue-application"])
    def test_it_is_reached_by_so_many_of_its_badges(self, api: Caller, action: str) -> None:
        milestone("coder", "reader", "librarian", "retired", number=2, action=action)
        self.give(api, "reader")
        self.give(api, "librarian", email=BOB)
        assert (self.held(), self.held(BOB)) == (["reader"], ["librarian"])
        self.give(api, "retired", email="ADA@example.com")
        assert self.held() == ["reader", "retired", "coder"]
        self.give(api, "librarian")
        assert self.held() == ["reader", "retired", "coder", "librarian"]

    def test_badges_that_do_not_support_it_do_not_count(self, api: Caller) -> None:
        milestone("coder", "reader", "librarian", number=2)
        self.give(api, "reader", "retired")
        assert self.held() == ["reader", "retired"]

    def test_what_it_completes_in_turn_is_not_looked_at(self, api: Caller) -> None:
        milestone("librarian", "reader")
        milestone("coder", "librarian")
        self.give(api, "reader")
        assert self.held() == ["reader", "librarian"]

    def test_several_are_reached_at_once_and_one_badge_is_given_once(self, api: Caller) -> None:
        for primary in ("coder", "coder", "librarian", "reader"):
            milestone(primary, "reader")
        self.give(api, "reader")
        assert self.held() == ["reader", "coder", "librarian"]

    def test_who_holds_its_badge_keeps_that_one(self, api: Caller) -> None:
        milestone("coder", "reader")
        self.give(api, "coder", "reader")
        assert self.held() == ["coder", "reader"]

    def test_many_reach_it_by_one_call(self, api: Caller) -> None:
        milestone("coder", "reader", "librarian", number=2)
        milestone("retired", "reader")
        self.give(api, "librarian")
        self.give(api, "retired", email=BOB)
        _, told = api.post("/systems/city/badges/reader/instances/bulk", {"emails": [BOB, "eve@example.com", ADA]})
        assert [each["email"] for each in told["instances"]] == [BOB, "eve@example.com", ADA]
        assert sorted(self.held()) == ["coder", "librarian", "reader", "retired"]
        assert sorted(self.held(BOB)) == sorted(self.held("eve@example.com")) == ["reader", "retired"]

    def test_a_badge_of_another_system_is_never_given(self, api: Caller) -> None:
        """Only a file that was loaded can have such a milestone."""
        milestone("farmer", "reader")
        milestone("coder", "reader", system="village")
        self.give(api, "reader")
        assert self.held() == ["reader"]
