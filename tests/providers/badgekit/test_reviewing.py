"""Claims that are reviewed: what each decision does, to whom it is told, and that nobody decides twice."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from credentials_badges.badges.models import LearningEvent, Mail
from providers.badgekit import claims, evidence, letters, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.instances import Award, give
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode, ClaimEvidence, Member
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import BASE, holders, learner, link_of, signed_in
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.reviewed import claimed, files, fresh, mails_to, photo, reviewed

pytestmark = pytest.mark.usefixtures("api")
State = Claim.State


def uses(code: ClaimCode) -> tuple[int, bool]:
    code.refresh_from_db()
    return code.uses, code.claimed


class TestSubmitting:
    def test_it_takes_a_use_and_gives_nothing_yet(self) -> None:
        claim = claimed()
        assert (claim.state, claim.instance, holders()) == (State.SUBMITTED, None, [])
        assert uses(claim.code) == (1, True)
        assert [str(each) for each in claim.evidence.all()] == ["I built a boat."]
        assert [step.state for step in claim.steps.all()] == [State.SUBMITTED]
        assert not LearningEvent.objects.exists()

    def test_without_evidence_a_code_that_needs_it_is_not_claimed(self) -> None:
        code = reviewed()
        with pytest.raises(reviewing.EvidenceNeeded):
            reviewing.submit(code, "sam@example.net", Claimant(is_reviewed=True))
        assert uses(code) == (0, False)

    def test_nobody_has_two_open_claims_to_one_badge(self) -> None:
        first = claimed()
        other = reviewed("another")
        with pytest.raises(claims.StillOpen) as raised:
            claimed(other, "SAM@example.net")
        assert raised.value.claim == first
        assert uses(other) == (0, False)

    def test_nobody_has_two_open_claims_by_two_addresses_either(self) -> None:
        ada = learner("ada")
        claimed(email="old@example.com", learner=ada)
        with pytest.raises(claims.StillOpen):
            claimed(reviewed("another"), ada.email)

    def test_another_code_that_needs_no_review_gives_the_badge_at_once(self) -> None:
        claim = claimed()
        assert claimed(reviewed("at-once", needs_approval=False)).state == State.AWARDED
        assert reviewing.approve(claim, member("reviewer")).state == State.CANCELLED

    def test_whoever_holds_the_badge_uses_nothing_up_and_stores_nothing(self, evidence_folder: Path) -> None:
        give(badge(), Award(email="sam@example.net", base_url=BASE))
        code = reviewed()
        who = Claimant(evidence=[evidence.file(photo())], is_reviewed=True)
        with pytest.raises(claims.instances.Held):
            reviewing.submit(code, "sam@example.net", who)
        assert uses(code) == (0, False)
        assert files(evidence_folder) == []

    def test_the_limit_holds_for_claims_under_review(self) -> None:
        code = reviewed(limit=1)
        claimed(code)
        with pytest.raises(claims.Spent):
            claimed(ClaimCode.objects.get(), "ben@example.com")

    def test_the_system_s_own_site_needs_no_review(self) -> None:
        code = reviewed()
        claims.claim(code, Award(email="sam@example.net", base_url=BASE), "sam@example.net")
        assert Claim.objects.get().state == State.AWARDED
        assert holders() == ["sam@example.net"]

    def test_whoever_lost_the_badge_does_not_take_it_back_by_the_same_code(self) -> None:
        code = reviewed(needs_approval=False)
        instance = claimed(code).instance
        assert instance is not None
        claims.withdraw([instance])
        with pytest.raises(claims.Spent):
            claimed(ClaimCode.objects.get())
        assert holders() == []
        ClaimCode.objects.update(needs_approval=True)
        assert claimed(ClaimCode.objects.get()).state == State.SUBMITTED

    def test_badges_that_have_been_deleted_are_not_claimed(self) -> None:
        code = reviewed()
        code.badge.hide()
        with pytest.raises(claims.Spent):
            claimed(code)
        assert uses(code) == (0, False)

    def test_a_disk_that_is_full_is_told(self, evidence_folder: Path) -> None:
        evidence_folder.write_text("in the way of the folder")
        code = reviewed()
        who = Claimant(evidence=[evidence.file(photo())], is_reviewed=True)
        with pytest.raises(evidence.Refused, match="cannot be stored at present"):
            reviewing.submit(code, "sam@example.net", who)
        assert uses(code) == (0, False)


class TestTellingReviewers:
    def test_those_who_decide_are_told_once_until_they_have_looked(self) -> None:
        for role in ("owner", "reviewer", "reader"):
            member(role)
        member("owner", of="village")
        code = reviewed()
        claimed(code)
        claimed(code, "ben@example.com")
        told = sorted(Mail.objects.filter(to__endswith="city.example").values_list("to", flat=True))
        assert told == ["owner@city.example", "reviewer@city.example"]
        assert f"/desk/{badge().system_id}/claims/" in mails_to("owner@city.example")[0].text
        Member.objects.update(told_at=None)
        claimed(code, "cem@example.com")
        assert len(mails_to("owner@city.example")) == 2

    def test_nobody_is_told_who_has_left_or_has_no_address(self) -> None:
        gone, nowhere = member("owner"), member("reviewer")
        gone.is_active = False
        gone.save()
        nowhere.email = ""
        nowhere.save()
        claimed()
        assert [mail.to for mail in Mail.objects.all()] == ["sam@example.net"]

    def test_a_name_of_two_lines_makes_no_header(self) -> None:
        member("owner")
        coder = badge()
        coder.name = "Coder\nBcc: eve@example.com"
        coder.save()
        letters.tell_reviewers(coder)
        assert "\n" not in Mail.objects.get().subject


class TestDeciding:
    def test_approval_gives_the_badge_and_tells_the_claimant(self) -> None:
        claim = reviewing.approve(claimed(), member("reviewer"), "Well done.")
        assert holders() == ["sam@example.net"]
        assert claim.state == State.AWARDED
        assert claim.instance == BadgeInstance.objects.get()
        assert claim.learner == LearningEvent.objects.get().learner
        assert (claim.decided_by, claim.open_for) == (member("reviewer"), None)
        assert uses(claim.code) == (1, True)
        received, mail = mails_to("sam@example.net")
        assert "is under review" in received.text
        assert "the badge is yours" in mail.text
        assert "Well done." in mail.text

    def test_rejection_gives_the_use_back_and_says_why(self) -> None:
        claim = reviewing.reject(claimed(reviewed(multiuse=False)), member("reviewer"), "That is a raft.")
        assert (claim.state, holders()) == (State.REJECTED, [])
        assert uses(claim.code) == (0, False)
        assert "That is a raft." in mails_to("sam@example.net")[-1].text
        assert claimed(ClaimCode.objects.get()).state == State.SUBMITTED

    def test_a_revision_goes_there_and_back_by_the_link_in_the_mail(self) -> None:
        claim = reviewing.send_back(claimed(), member("reviewer"), "Show the keel.")
        assert (claim.state, uses(claim.code)) == (State.RETURNED, (1, True))
        mail = mails_to("sam@example.net")[-1]
        assert "Show the keel." in mail.text
        answer = signed_in("anybody").get(link_of(mail))
        assert "Show the keel." in answer.text
        old = claim.evidence.get()
        again = reviewing.resubmit(claim, [evidence.text("Here it is.")], [old.pk])
        assert again.state == State.SUBMITTED
        assert [each.text for each in again.evidence.all()] == ["Here it is."]
        assert reviewing.approve(again, member("owner")).state == State.AWARDED
        states = [step.state for step in claim.steps.all()]
        assert states == [State.SUBMITTED, State.RETURNED, State.SUBMITTED, State.AWARDED]

    def test_a_revision_may_not_leave_a_claim_without_the_evidence_it_needs(self) -> None:
        claim = reviewing.send_back(claimed(), member("reviewer"), "More.")
        with pytest.raises(reviewing.EvidenceNeeded):
            reviewing.resubmit(claim, [], [claim.evidence.get().pk])
        assert fresh(claim).state == State.RETURNED
        assert claim.evidence.count() == 1

    def test_a_claim_never_has_more_evidence_than_is_allowed(self, evidence_folder: Path) -> None:
        claim = reviewing.send_back(claimed(), member("reviewer"), "More.")
        with pytest.raises(evidence.Refused):
            reviewing.resubmit(claim, [evidence.file(photo(f"{n}.png")) for n in range(evidence.MOST_ITEMS)])
        assert claim.evidence.count() == 1
        assert files(evidence_folder) == []

    def test_files_that_are_left_out_are_removed(self, evidence_folder: Path) -> None:
        who = Claimant(evidence=[evidence.file(photo())], is_reviewed=True)
        claim = reviewing.submit(reviewed(), "sam@example.net", who)
        assert claim is not None
        assert len(files(evidence_folder)) == 1
        reviewing.send_back(claim, member("reviewer"), "Another one.")
        reviewing.resubmit(claim, [evidence.file(photo("new.png"))], [claim.evidence.get().pk])
        assert [each.filename for each in ClaimEvidence.objects.all()] == ["new.png"]
        assert len(files(evidence_folder)) == 1

    def test_evidence_of_others_cannot_be_left_out(self) -> None:
        code = reviewed()
        other = claimed(code, "ben@example.com")
        mine = reviewing.send_back(claimed(code), member("reviewer"), "More.")
        reviewing.resubmit(mine, [evidence.text("More.")], [other.evidence.get().pk])
        assert other.evidence.count() == 1

    def test_whoever_claims_may_withdraw_and_the_use_is_free(self) -> None:
        claim = reviewing.withdraw(claimed())
        assert (claim.state, uses(claim.code)) == (State.WITHDRAWN, (0, False))

    def test_who_holds_the_badge_by_now_keeps_it_and_the_use_is_free(self) -> None:
        claim = claimed()
        give(badge(), Award(email="sam@example.net", base_url=BASE))
        assert reviewing.approve(claim, member("reviewer")).state == State.CANCELLED
        assert uses(claim.code) == (0, False)
        assert holders() == ["sam@example.net"]
        assert "hold the badge" in mails_to("sam@example.net")[-1].text

    def test_a_learner_who_moved_to_another_address_is_still_who_claimed(self) -> None:
        ada = learner("ada")
        claim = claimed(email=ada.email, learner=ada)
        ada.email = "new@example.com"
        ada.save()
        reviewing.approve(claim, member("reviewer"))
        assert BadgeInstance.objects.get().recipient_id == str(ada.uuid)

    def test_the_end_of_a_code_closes_no_review(self) -> None:
        claim = claimed()
        ClaimCode.objects.update(ends_at=timezone.now() - timedelta(days=1), status="paused")
        claims.delete(ClaimCode.objects.select_related("badge__system").get())
        claim = reviewing.send_back(fresh(claim), member("reviewer"), "More.")
        reviewing.resubmit(claim, [evidence.text("More.")])
        assert reviewing.approve(fresh(claim), member("reviewer")).state == State.AWARDED
        assert holders() == ["sam@example.net"]

    @pytest.mark.parametrize("first", ["approve", "reject"])
    @pytest.mark.parametrize("second", ["approve", "reject", "send_back"])
    def test_what_has_been_decided_stays(self, first: str, second: str) -> None:
        claim = claimed()
        decided = getattr(reviewing, first)(claim, member("reviewer"), "So.")
        with pytest.raises(reviewing.NotNow, match=decided.get_state_display().lower()):
            getattr(reviewing, second)(claim, member("owner"), "No.")
        assert fresh(claim).state == decided.state
        assert holders() == (["sam@example.net"] if first == "approve" else [])

    def test_whoever_claims_changes_nothing_while_it_is_under_review_or_decided(self) -> None:
        claim = claimed()
        with pytest.raises(reviewing.NotNow):
            reviewing.resubmit(claim, [evidence.text("More.")])
        reviewing.approve(claim, member("reviewer"))
        with pytest.raises(reviewing.NotNow):
            reviewing.withdraw(claim)

    @pytest.mark.parametrize("decide", ["approve", "reject", "send_back"])
    def test_nobody_decides_their_own_claim(self, decide: str) -> None:
        owner = member("owner")
        code = reviewed()
        for by_name_or_address in ({"learner": owner}, {"email": owner.email.upper()}):
            claim = claimed(code, **by_name_or_address)
            with pytest.raises(reviewing.OwnClaim):
                getattr(reviewing, decide)(claim, owner, "Fine.")
            assert fresh(claim).state == State.SUBMITTED
            reviewing.withdraw(claim)


class TestTakingOne:
    def test_only_one_reviewer_looks_after_a_claim(self) -> None:
        claim, one, other = claimed(), member("reviewer"), member("owner")
        reviewing.take(claim, one)
        reviewing.take(claim, one)
        with pytest.raises(reviewing.NotNow):
            reviewing.take(claim, other)
        reviewing.let_go(claim, other)
        assert fresh(claim).assigned_to == one
        reviewing.let_go(claim, one)
        reviewing.take(claim, other)
        assert fresh(claim).assigned_to == other
