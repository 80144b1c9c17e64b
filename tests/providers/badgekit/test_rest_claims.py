"""Claims by the REST API, as reviewers look at them and decide them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from providers.badgekit import claims, reviewing
from providers.badgekit.models import Claim, Member
from tests.providers.badgekit.api import PNG, badge, hold
from tests.providers.badgekit.claim_page import holders, kept, learner
from tests.providers.badgekit.claims_world import claim, with_photo
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.rest_client import (
    at,
    calling,
    done,
    expected,
    look,
    read,
    send,
    statements,
    statuses,
    working,
)

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]

ACTIONS: dict[str, Any] = {
    "approve": {},
    "send-back": {"words": "Show more."},
    "reject": {"words": "No."},
    "take": None,
    "let-go": None,
}


def of(made: Claim, below: str = "") -> str:
    return at(f"claims/{made.pk}/{below}")


class TestWhoMay:
    def test_look(self) -> None:
        made, photo = with_photo()
        assert statuses("GET", at("claims/")) == expected("reader")
        assert statuses("GET", of(made)) == expected("reader")
        assert statuses("GET", of(made, f"evidence/{photo.pk}/")) == expected("reader")

    @pytest.mark.parametrize("action", ["take", "let-go"])
    def test_look_after_one(self, action: str) -> None:
        made = claim()
        found = statuses("POST", of(made, f"{action}/"))
        # Who comes after the one who has taken it is told so.
        taken = {"owner": 409, "administrator": 409} if action == "take" else {}
        assert found == {**expected("reviewer"), **taken}

    @pytest.mark.parametrize("action", ["approve", "send-back", "reject"])
    def test_decide_one(self, action: str) -> None:
        made = claim()
        found = statuses("POST", of(made, f"{action}/"), ACTIONS[action])
        late = {"owner": 409, "administrator": 409}
        if action == "reject":
            assert holders() == []
        assert found == {**expected("reviewer"), **late}

    def test_another_systems_claims_are_not_there(self) -> None:
        made = claim(of="farmer")
        reviewer = working("reviewer")
        assert reviewer.get(of(made)).status_code == 404
        for action, body in ACTIONS.items():
            assert send(reviewer, "POST", of(made, f"{action}/"), body).status_code == 404
        assert look(reviewer, at("claims/"))["count"] == 0

    def test_claims_to_what_is_kept_for_a_learner_are_not_there(self) -> None:
        mine = kept()
        claims.claim(mine, reviewing.award(""))
        made = Claim.objects.get()
        assert working().get(of(made)).status_code == 404
        assert look(working(), at("claims/"))["count"] == 0


class TestReviewing:
    def test_they_are_listed_and_filtered(self) -> None:
        made = [claim(f"{name}@example.com", name=name.title()) for name in ("ada", "bob")]
        reviewing.reject(made[0], member("reviewer"), "No.")
        Claim.objects.filter(pk=made[1].pk).update(made_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
        reviewer = working("reviewer")

        def found(**query: Any) -> list[str]:
            return [each["name"] for each in look(reviewer, at("claims/"), **query)["results"]]

        assert found() == ["Ada", "Bob"]
        assert (found(state="rejected"), found(mine="true"), found(search="BOB@")) == (["Ada"], ["Ada"], ["Bob"])
        assert (found(**{"from": "2026-01-05", "to": "2026-01-05"}), found(to="2026-01-04")) == (["Bob"], [])
        assert (found(badge=badge().pk, mine="false"), found(badge=badge("reader").pk)) == (["Ada", "Bob"], [])

    @pytest.mark.parametrize(
        ("name", "value"),
        [("state", "open"), ("badge", "x"), ("badge", "9" * 30), ("batch", "\0"), ("from", "x"), ("to", "2026-13-01")],
    )
    def test_a_filter_that_means_nothing_is_named(self, name: str, value: str) -> None:
        answer = working("reader").get(at("claims/"), {name: value})
        assert (answer.status_code, [*answer.json()]) == (400, [name])

    def test_it_takes_the_same_number_of_statements_for_many(self) -> None:
        reader, first = working("reader"), claim("first@example.com")
        first.evidence.create(kind="text", text="One.")
        first.steps.create(state="submitted", by=learner("cy"))
        few = [statements(reader, at("claims/")), statements(reader, of(first))]
        for name in ("ada", "bob", "cy"):
            claim(f"{name}@example.com")
        for name in ("cy", "dan", "eve"):
            first.steps.create(state="submitted", by=learner(name))
            first.evidence.create(kind="text", text="More.")
        assert [statements(reader, at("claims/")), statements(reader, of(first))] == few

    def test_whoever_lists_them_may_be_mailed_again(self) -> None:
        reviewer = member("reviewer")
        Member.objects.filter(user=reviewer).update(told_at=timezone.now())
        look(calling(reviewer), at("claims/"))
        assert Member.objects.get(user=reviewer).told_at is None

    def test_one_is_told_with_its_evidence_and_steps(self) -> None:
        made, photo = with_photo()
        told = look(working("reader"), of(made))
        assert (told["email"], told["state"], told["badge"]["slug"]) == ("ada@example.com", "submitted", "coder")
        (item,) = told["evidence"]
        assert (item["id"], item["kind"], item["filename"]) == (photo.pk, "file", "photo.png")
        assert [step["state"] for step in told["steps"]] == ["submitted"]
        answer = working("reader").get(of(made, f"evidence/{photo.pk}/"), headers={"Accept": "image/png"})
        assert read(answer) == PNG
        assert answer["Content-Type"] == "image/png"
        assert "sandbox" in answer["Content-Security-Policy"]

    def test_it_is_approved(self) -> None:
        told = done(working("reviewer"), "POST", of(claim(), "approve/"), {"words": "Well done."})
        assert (told["state"], told["decided_by"]) == ("awarded", "reviewer-of-city")
        assert (told["steps"][-1]["words"], told["steps"][-1]["by"]) == ("Well done.", "reviewer-of-city")
        assert holders() == ["ada@example.com"]

    def test_it_is_cancelled_if_the_badge_is_held_by_now(self) -> None:
        made = claim()
        hold()
        assert done(working("reviewer"), "POST", of(made, "approve/"))["state"] == "cancelled"

    def test_it_is_sent_back_and_rejected_for_a_reason(self) -> None:
        made, reviewer = claim(), working("reviewer")
        for action in ("send-back/", "reject/"):
            assert done(reviewer, "POST", of(made, action), {}, status=400).keys() == {"words"}
        assert done(reviewer, "POST", of(made, "send-back/"), {"words": "More."})["state"] == "returned"
        assert done(reviewer, "POST", of(made, "reject/"), {"words": "No."})["state"] == "rejected"
        told = done(reviewer, "POST", of(made, "approve/"), status=409)
        assert told == {"detail": "Nothing was done: the claim is rejected by now."}

    @pytest.mark.parametrize("words", ["x" * 5_001, " ", "\0", ["x"], {}, True, "\ud800"])
    def test_odd_words_are_refused(self, words: Any) -> None:
        made = claim()
        assert send(working("reviewer"), "POST", of(made, "reject/"), {"words": words}).status_code == 400
        assert Claim.objects.get(pk=made.pk).state == "submitted"

    def test_one_who_looks_after_it_keeps_others_away(self) -> None:
        made = claim()
        assert done(working("reviewer"), "POST", of(made, "take/"))["assigned_to"] == "reviewer-of-city"
        done(working("owner"), "POST", of(made, "take/"), status=409)
        done(working("owner"), "POST", of(made, "let-go/"))
        assert done(working("reviewer"), "POST", of(made, "let-go/"))["assigned_to"] is None

    def test_nobody_decides_their_own(self) -> None:
        reviewer = member("reviewer")
        made = claim(reviewer.email)
        told = done(calling(reviewer), "POST", of(made, "approve/"), status=403)
        assert "your own claim" in told["detail"]
        assert holders() == []
