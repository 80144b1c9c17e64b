"""The desk's pages of claims: what is listed, what is shown, and what reviewers do."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.badgekit import evidence, reviewing
from providers.badgekit.models import Batch, Claim, Member
from tests.providers.badgekit.admin_pages import change_page
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import code, words
from tests.providers.badgekit.claims_world import claim, upload, with_photo
from tests.providers.badgekit.desk import LOOKING, REVIEWING, at_desk, member, path, statuses, system
from tests.providers.badgekit.desk_claims import listed, page, state

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]


def statements(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


class TestList:
    def test_members_may_look(self) -> None:
        assert statuses(path("claims/")) == LOOKING

    def test_those_that_wait_longest_come_first(self) -> None:
        made = [claim(f"{name}@example.com") for name in ("ada", "bob", "cy")]
        reviewing.reject(made[1], member("reviewer"), "No.")
        assert listed() == ["ada@example.com", "cy@example.com"]
        assert listed(state="rejected") == ["bob@example.com"]
        assert listed(state="every") == ["cy@example.com", "bob@example.com", "ada@example.com"]
        assert listed(state="nonsense") == listed()

    def test_states_are_counted(self) -> None:
        for name in ("ada", "bob", "cy"):
            last = claim(f"{name}@example.com")
        reviewing.approve(last, member("reviewer"))
        shown = words(at_desk("reader").get(path("claims/")))
        assert "Under review (2) Sent back for revision (0) Approved (1) Rejected (0)" in shown
        assert "All (3)" in shown

    def test_it_is_searched(self) -> None:
        batch = Batch.objects.create(badge=badge(), label="Open day")
        used = code("winter-1", label="Stand 5", batch=batch, needs_approval=True)
        ada, bob = claim("ada@example.com", name="Ada Lovelace", code=used), claim("bob@example.com", of="reader")
        Claim.objects.filter(pk=bob.pk).update(made_at=datetime(2020, 5, 5, 12, tzinfo=UTC))
        rita = member("reviewer")
        reviewing.take(ada, rita)
        only_ada: list[dict[str, Any]] = [
            *({"q": text} for text in ("lovelace", "ADA@", "winter", "stand 5")),
            {"badge": badge().pk},
            {"batch": batch.pk},
            {"reviewer": rita.pk},
            {"since": "2020-05-06"},
        ]
        for query in only_ada:
            assert listed(**query) == [ada.email], query
        assert listed(at_desk("reviewer"), mine="on") == [ada.email]
        assert listed(at_desk("owner"), mine="on") == []
        assert listed(since="2020-05-05", until="2020-05-05") == [bob.email]
        assert listed(q="nothing like that") == []

    @pytest.mark.parametrize(
        "query",
        [
            {"q": "\0"},
            {"q": "x" * 10_000},
            {"q": "😀 \u200fשלום' OR 1=1 --%_"},
            {"badge": "9" * 30, "batch": "x", "reviewer": "-1"},
            {"badge": "\0"},
            {"since": "yesterday", "until": "0000-00-00"},
            {"since": "0001-01-01", "until": "9999-12-31"},
            {"page": "9" * 30},
            {"page": "9" * 5000},
            {"state": ["\0", "x" * 5000]},
        ],
    )
    def test_odd_questions_are_answered(self, query: dict[str, Any]) -> None:
        claim()
        assert at_desk("reader").get(path("claims/"), query).status_code == 200

    def test_what_cannot_be_understood_is_said(self) -> None:
        shown = words(at_desk("reader").get(path("claims/"), {"since": "yesterday"}))
        assert "Enter a valid date" in shown

    def test_another_systems_claims_and_choices_are_not_there(self) -> None:
        claim(of="farmer")
        Batch.objects.create(badge=badge("farmer"), label="Of the village")
        member("reviewer", "village")
        answer = at_desk("owner").get(path("claims/"), {"state": "every"})
        assert list(answer.context["page"]) == []
        for other in ("Farmer", "Of the village", "reviewer-of-village"):
            assert other not in answer.text
        assert listed(state="every", badge=badge("farmer").pk) == []

    def test_what_is_kept_for_a_learner_is_not_listed(self) -> None:
        made = claim()
        made.code.reservation = "a-promise"
        made.code.save()
        assert listed(state="every") == []
        assert at_desk("owner").get(page(made)).status_code == 404

    def test_it_goes_on_on_other_pages(self) -> None:
        used = code(multiuse=True, needs_approval=True)
        for number in range(51):
            claim(f"p{number:02}@example.com", code=used)
        assert listed()[-1] == "p49@example.com"
        assert listed(page=2) == ["p50@example.com"]
        text = at_desk("reader").get(path("claims/"), {"q": "p", "page": 2}).text
        assert 'href="?q=p&amp;page=1"' in text

    def test_the_number_of_statements_does_not_grow(self) -> None:
        client = at_desk("reader")
        claim()
        first = statements(client, path("claims/?state=every"))
        batch = Batch.objects.create(badge=badge(), label="Open day")
        for number in range(9):
            item = evidence.text("Words.")
            used = code(f"b{number}", batch=batch, needs_approval=True)
            made = claim(f"p{number}@example.com", code=used, items=(item,))
            reviewing.take(made, member("reviewer"))
        assert statements(client, path("claims/?state=every")) == first

    def test_whoever_has_looked_may_be_told_again(self) -> None:
        for who in (member("reviewer"), member("owner")):
            Member.objects.filter(user=who).update(told_at=timezone.now())
        at_desk("reviewer").get(path("claims/"))
        assert set(Member.objects.filter(told_at=None).values_list("user__username", flat=True)) == {"reviewer-of-city"}

    def test_home_leads_to_it(self) -> None:
        claim()
        shown = at_desk("reviewer").get("/desk/").text
        assert path("claims/") in shown
        assert "1 waiting" in shown


class TestPage:
    def test_members_may_look(self) -> None:
        assert statuses(page(claim())) == LOOKING

    def test_reviewers_may_act(self) -> None:
        made = claim()
        allowed = {name: 302 if status == 200 else status for name, status in REVIEWING.items()}
        assert statuses(page(made), {"do": "let_go"}) == allowed
        assert state(made) == "submitted"

    def test_another_systems_claim_is_not_there(self) -> None:
        made = claim(of="farmer")
        client = at_desk("owner")
        assert client.get(page(made)).status_code == 404
        assert client.post(page(made), {"do": "approve"}).status_code == 404
        assert client.get(path(f"claims/{10**30}/")).status_code == 404
        assert state(made) == "submitted"

    def test_evidence_stands_beside_what_it_takes(self) -> None:
        items = (
            evidence.text("First line.\nSecond <b>line</b>."),
            evidence.link("https://example.org/?a=1&b=<x>", "My film."),
            evidence.file(upload()),
            evidence.file(upload(b"Notes.", "notes.txt")),
        )
        made = claim(items=items, name="Ada <i>Lovelace</i>")
        pieces = list(made.evidence.all())
        text = at_desk("reader").get(page(made)).text
        assert "First line.<br>Second &lt;b&gt;line&lt;/b&gt;." in text
        assert "Ada &lt;i&gt;Lovelace" in text
        url = "https://example.org/?a=1&amp;b=&lt;x&gt;"
        assert f'<a href="{url}" rel="noopener noreferrer nofollow ugc">{url}</a>' in text
        photo, notes = (path(f"claims/{made.pk}/evidence/{each.pk}/") for each in pieces[2:])
        assert f'<img src="{photo}" alt="Photo: photo.png"' in text
        assert f'<img src="{notes}"' not in text
        assert f'<a href="{notes}" download><bdi>notes.txt</bdi></a> (text/plain, 6\xa0bytes)' in text
        for said in ("Do it.", "Write a program.", "Any language.", "https://city.example/criteria"):
            assert said in text

    def test_the_whole_history_is_told(self) -> None:
        made = claim()
        reviewing.send_back(made, member("reviewer"), "Show the code.")
        reviewing.resubmit(made, [])
        shown = words(at_desk("reader").get(page(made)))
        assert re.search(r"Sent back for revision, by reviewer-of-city Show the code\. .* Under review", shown)

    def test_other_claims_of_the_address_are_shown(self) -> None:
        made = claim(of="reader")
        other, elsewhere = claim("Ada@Example.com"), claim(of="farmer")
        text = at_desk("reader").get(page(made)).text
        assert page(other) in text
        assert f"claims/{elsewhere.pk}/" not in text

    def test_only_reviewers_see_buttons(self) -> None:
        made = claim()
        assert "Approve" in at_desk("reviewer").get(page(made)).text
        assert "Approve" not in at_desk("reader").get(page(made)).text
        reviewing.approve(made, member("owner"))
        assert "Reject" not in at_desk("reviewer").get(page(made)).text

    def test_the_number_of_statements_does_not_grow(self) -> None:
        client = at_desk("reviewer")
        made = claim(items=(evidence.text("Words."),))
        claim(of="reader")
        first = statements(client, page(made))
        for each in ("librarian", "retired"):
            claim(of=each)
        for _ in range(3):
            reviewing.send_back(made, member("owner"), "More.")
            reviewing.resubmit(made, [evidence.text("More.")])
        assert statements(client, page(made)) == first


def test_the_administration_shows_it_and_leads_to_the_desk(admin_client: Client) -> None:
    made, item = with_photo()
    shown = admin_client.get(change_page(made))
    assert page(made) in shown.text
    for said in ("photo.png", "image/png", "Under review"):
        assert said in shown.text
    assert admin_client.post(change_page(made), {}).status_code == 403
    assert admin_client.get("/admin/badgekit/claim/", {"q": "ada"}).status_code == 200
    made.code.reservation = "a-promise"
    made.code.save()
    assert "nothing to decide" in admin_client.get(change_page(made)).text
    assert Path(str(item.file.name)).name not in shown.text


def test_the_system_of_the_address_is_shown() -> None:
    assert system().name in at_desk("reader").get(path("claims/")).text
