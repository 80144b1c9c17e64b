"""Learners show what they did, and see what becomes of their claim, until the badge is at its provider."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from credentials_badges.badges import delivering, events, syncing
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner, ProviderAccount
from providers.accredible.sandbox import AccredibleSandbox
from providers.badgekit import claimable, claims, evidence, reviewing
from providers.badgekit.models import BadgeInstance, Claim, ClaimCode, ClaimEvidence, System
from tests.badges.world import ACCREDIBLE_URL, World
from tests.in_memory import in_memory
from tests.providers.badgekit.claim_page import (
    ask_for_link,
    browser,
    holders,
    learner,
    link_of,
    look,
    page,
    press,
    signed_in,
    words,
)
from tests.providers.badgekit.desk import member
from tests.providers.badgekit.reviewed import claimed, files, mails_to, photo, reviewed

pytestmark = pytest.mark.usefixtures("api")
STORY = {"text": "I built a boat.", "link": "https://boats.example/mine", "about": "My boat"}


class TestShowing:
    def test_what_is_asked_for_stands_there(self) -> None:
        reviewed(asks_for="Show us\nyour boat.")
        shown = look(signed_in(), "review-me")
        assert "Show what you did Show us your boat." in shown
        assert "It will be given to ada@example.com once a reviewer has approved your claim." in shown
        assert "(if you like)" not in shown

    def test_strangers_are_told_beforehand(self) -> None:
        reviewed()
        assert "You will be asked to show what you did, and a reviewer looks at it." in look(browser(), "review-me")

    def test_a_code_that_asks_for_nothing_shows_no_fields(self) -> None:
        reviewed(evidence="none")
        assert "textarea" not in signed_in().get(page("review-me")).text

    def test_a_text_a_link_and_files_become_a_claim_under_review(self) -> None:
        reviewed()
        client = signed_in()
        sent = {**STORY, "file": [photo("a.png"), photo("b.png")]}
        assert client.post(page("review-me"), sent).status_code == 302
        claim = Claim.objects.get()
        assert (claim.state, claim.learner and claim.learner.username) == (Claim.State.SUBMITTED, "ada")
        assert [each.kind for each in claim.evidence.all()] == ["text", "link", "file", "file"]
        shown = look(client, "review-me")
        assert "Your claim is under review" in shown
        assert "File: a.png" in shown
        assert "Claim this badge" not in shown
        assert holders() == []

    def test_what_is_needed_is_asked_for_again(self) -> None:
        code = reviewed()
        answer = signed_in().post(page("review-me"))
        assert answer.status_code == 200
        assert "Show what you did: write a text, enter a link, or choose a file." in words(answer)
        code.refresh_from_db()
        assert code.uses == 0

    def test_what_is_welcome_may_be_left_out(self) -> None:
        reviewed(evidence="optional", needs_approval=False)
        assert "(if you like)" in look(signed_in(), "review-me")
        assert "Accepted" in press(signed_in(), "review-me")

    def test_a_file_that_is_not_taken_is_named_and_nothing_is_stored(self, evidence_folder: Path) -> None:
        code = reviewed()
        page_ = SimpleUploadedFile("<b>photo.png", b"<!doctype html><script>alert(1)</script>", "image/png")
        answer = signed_in().post(page("review-me"), {**STORY, "file": [photo(), page_]})
        assert answer.status_code == 200
        assert "photo.png” is none of the files that are taken." in words(answer)
        assert "<b>photo" not in answer.text
        assert "I built a boat." in answer.text
        code.refresh_from_db()
        assert (code.uses, Claim.objects.count(), files(evidence_folder)) == (0, 0, [])

    def test_whoever_comes_too_late_leaves_no_file(self, evidence_folder: Path) -> None:
        reviewed(multiuse=False)
        link = ask_for_link("review-me")
        claimed(ClaimCode.objects.get(), "ben@example.com")
        assert browser().post(link, {**STORY, "file": [photo()]}).status_code == 404
        assert files(evidence_folder) == []

    def test_evidence_without_review_goes_with_the_badge(self) -> None:
        reviewed(needs_approval=False)
        signed_in().post(page("review-me"), {**STORY})
        assert holders() == ["ada@example.com"]
        assert Claim.objects.get().evidence.count() == 2


class TestARevision:
    def test_a_stranger_is_led_through_all_of_it_by_mails(self) -> None:
        reviewed()
        link = ask_for_link("review-me")
        browser().post(link, {"text": "I built a boat."})
        reviewing.send_back(Claim.objects.get(), member("reviewer"), "Show the\nkeel, <b>please.")
        shown = browser().get(link)
        assert "sent back to you for revision" in words(shown)
        assert "Show the<br>keel, &lt;b&gt;please." in shown.text
        (old,) = re.findall(r'name="remove" value="(\d+)"', shown.text)
        again = browser().post(link, {"text": "Here it is.", "file": [photo("keel.png")], "remove": [old]})
        assert again.status_code == 302
        assert sorted(map(str, ClaimEvidence.objects.all())) == ["Here it is.", "keel.png"]
        assert "Your claim is under review" in words(browser().get(link))
        reviewing.approve(Claim.objects.get(), member("reviewer"), "Fine.")
        assert "Accepted: this badge is yours." in words(browser().get(link))
        assert len(mails_to("sam@example.net")) == 4  # The link, a receipt, and two decisions.

    def test_it_is_seen_from_every_code_of_the_badge_and_by_nobody_else(self) -> None:
        reviewed()
        reviewed("other", evidence="none")
        client = signed_in()
        client.post(page("review-me"), STORY)
        assert "Your claim is under review" in look(client, "other")
        assert "Your claim" not in look(signed_in("ben"), "review-me")

    @pytest.mark.parametrize("remove", ["x", "-1", "9" * 30, "٣", "1 or 1"])
    def test_odd_things_to_leave_out_are_none(self, remove: str) -> None:
        reviewed()
        client = signed_in()
        client.post(page("review-me"), STORY)
        reviewing.send_back(Claim.objects.get(), member("reviewer"), "More.")
        assert client.post(page("review-me"), {"remove": [remove], "text": "More."}).status_code == 302
        assert Claim.objects.get().evidence.count() == 3

    def test_more_than_is_allowed_in_all_is_refused_and_nothing_changes(self) -> None:
        reviewed()
        client = signed_in()
        client.post(page("review-me"), STORY)
        reviewing.send_back(Claim.objects.get(), member("reviewer"), "More.")
        answer = client.post(page("review-me"), {"file": [photo(f"{n}.png") for n in range(evidence.MOST_ITEMS - 1)]})
        assert answer.status_code == 200
        assert f"A claim has at most {evidence.MOST_ITEMS} pieces of evidence, not 6." in words(answer)
        assert Claim.objects.get().state == Claim.State.RETURNED

    def test_it_may_be_withdrawn_and_claimed_anew(self) -> None:
        reviewed(multiuse=False)
        client = signed_in()
        client.post(page("review-me"), STORY)
        assert client.post(page("review-me"), {"withdraw": "yes"}).status_code == 302
        shown = look(client, "review-me")
        assert "You have withdrawn your claim." in shown
        assert "Claim this badge" in shown
        client.post(page("review-me"), STORY)
        assert list(Claim.objects.values_list("state", flat=True)) == ["submitted", "withdrawn"]

    def test_to_withdraw_it_twice_claims_nothing_anew(self) -> None:
        code = reviewed(evidence="optional")
        client = signed_in()
        client.post(page("review-me"))
        for _ in range(2):
            assert client.post(page("review-me"), {"withdraw": "yes"}).status_code == 302
        ClaimCode.objects.update(needs_approval=False)
        client.post(page("review-me"), {"withdraw": "yes"})
        assert list(Claim.objects.values_list("state", flat=True)) == ["withdrawn"]
        code.refresh_from_db()
        assert (code.uses, holders()) == (0, [])

    @pytest.mark.parametrize("asked", ["none", "required"])
    def test_whoever_gets_an_address_that_was_another_s_sees_nothing_of_their_claim(self, asked: str) -> None:
        reviewed(evidence=asked)
        ada = learner()
        signed_in().post(page("review-me"), STORY)
        Learner.objects.filter(pk=ada.pk).update(email="new@example.com")
        ben = signed_in("ben", "ada@example.com")
        assert "I built a boat." not in ben.get(page("review-me")).text
        answer = ben.post(page("review-me"), STORY)
        assert "Somebody who had your address before has an open claim to this badge." in words(answer)
        ben.post(page("review-me"), {"withdraw": "yes"})
        assert Claim.objects.get().state == Claim.State.SUBMITTED

    def test_the_link_in_the_receipt_outlives_the_code(self) -> None:
        code = reviewed()
        signed_in().post(page("review-me"), STORY)
        claims.delete(code)
        shown = words(browser().get(link_of(mails_to("ada@example.com")[0])))
        assert "Your claim is under review" in shown

    def test_a_refusal_says_why(self) -> None:
        reviewed()
        client = signed_in()
        client.post(page("review-me"), STORY)
        reviewing.reject(Claim.objects.get(), member("reviewer"), "That is a raft.")
        shown = look(client, "review-me")
        assert "Your claim was not approved." in shown
        assert "That is a raft." in shown


def approved_claim(template: BadgeTemplate, city: System) -> None:
    """Ada claims the template's badge by a code, with evidence, and a reviewer approves."""
    code = claimable.make_claimable(template, city)
    ClaimCode.objects.update(needs_approval=True, evidence="required")
    BadgeTemplate.objects.filter(pk=template.pk).update(is_active=True)
    signed_in().post(page(code.code), STORY)
    reviewing.approve(Claim.objects.select_related("code", "badge__system").get(), member("reviewer"))
    while events.process_waiting():
        pass


class TestBadgesOfAllProviders:
    def test_an_approved_claim_is_pushed_to_credly(self, credly: World, template: BadgeTemplate, city: System) -> None:
        approved_claim(template, city)
        credly.deliver()
        (badge,) = credly.badges()
        assert (badge.template, badge.learner.username) == (template, "ada")
        assert badge.external_id
        assert [row["recipient_email"] for row in credly.held()] == ["ada@example.com"]

    def test_an_approved_claim_is_pushed_to_accredible(self, city: System) -> None:
        sandbox = AccredibleSandbox()
        issuer = sandbox.add_issuer("Lakeside", "lake-key", ["Tides"])
        told = {"provider": "accredible", "external_id": str(issuer), "api_key": "lake-key", "name": "Lakeside"}
        with in_memory(sandbox, ACCREDIBLE_URL):
            syncing.pull(ProviderAccount.objects.create(**told))
            approved_claim(BadgeTemplate.objects.get(name="Tides"), city)
            delivering.deliver_due()
        (held,) = sandbox.credentials(issuer)
        assert held["recipient_email"] == "ada@example.com"
        assert Badge.objects.get().external_id == str(held["id"])

    def test_a_badge_of_the_store_itself_is_given_at_once(self, own_template: BadgeTemplate, city: System) -> None:
        approved_claim(own_template, city)
        badge = Badge.objects.get()
        assert (badge.external_id, badge.external_state) == (BadgeInstance.objects.get().slug, "accepted")
