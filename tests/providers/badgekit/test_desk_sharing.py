"""The page on which a code is shared: who sees it, what is counted, and what is told to nobody."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.badgekit.models import Badge, ClaimCode, CodeVisits
from tests.providers.badgekit.api import badge
from tests.providers.badgekit.claim_page import browser, code, kept, words
from tests.providers.badgekit.desk import LOOKING, OWNING, at_desk, path, statuses

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("api")]

SHARED = CodeVisits.Kind.SHARED


def page(of: ClaimCode, below: str = "share/") -> str:
    return path(f"codes/{of.pk}/{below}")


def shares() -> dict[str, int]:
    """How often what was shared where."""
    return dict(CodeVisits.objects.filter(kind=SHARED).values_list("source", "count"))


@pytest.mark.parametrize("below", ["share/", "qr.svg", "qr.png"])
def test_all_members_may_look(below: str) -> None:
    assert statuses(page(code(), below)) == LOOKING


@pytest.mark.parametrize("below", ["share/x/", "share/facebook/", "share/linkedin/"])
def test_owners_share_it_on_networks(below: str) -> None:
    open_day = code()
    answers = statuses(page(open_day, below), {})
    assert answers == {name: 303 if status == 200 else status for name, status in OWNING.items()}
    assert sum(shares().values()) == 2  # The owner and the administrator.


@pytest.mark.parametrize("below", ["share/copy/", "hand-out/"])
def test_owners_say_what_became_of_it(below: str) -> None:
    done = {"share/copy/": 204, "hand-out/": 302}[below]
    answers = statuses(page(code(), below), {"handed_out_to": "The town hall"})
    assert answers == {name: done if status == 200 else status for name, status in OWNING.items()}


def test_it_shows_all_ways_to_pass_it_on() -> None:
    open_day = code(multiuse=True)
    answer = at_desk().get(page(open_day))
    for held in (
        '<p class="code">open-day</p>',
        "http://127.0.0.1:8000/claim/open-day/?from=copy",
        f'<img src="{page(open_day, "qr.svg")}"',
        f'href="{page(open_day, "qr.png")}" download',
        "/claim/open-day/?from=embed&quot;",
        page(open_day, "mail/"),
    ):
        assert held in answer.text
    for network in ("X", "Facebook", "LinkedIn"):
        assert f"<button>Share on {network}</button>" in answer.text
    assert "Share on" not in at_desk("reader").get(page(open_day)).text
    assert 'role="alert"' not in answer.text


def test_what_people_wrote_is_escaped() -> None:
    Badge.objects.filter(slug="coder").update(name="<b>x</b>")
    answer = at_desk().get(page(code("<script>alert(1)</script>", handed_out_to="<i>")))
    for written in ("<b>x", "<script>alert", "<i>"):
        assert written not in answer.text
    # Whoever copies the HTML for another site gets it as it has to stand there.
    assert "Claim the badge “&amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt;”&lt;/a&gt;" in answer.text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"status": "paused"}, "it is paused."),
        ({"status": "draft"}, "it is draft."),
        ({"claimed": True}, "it is used up."),
        ({"ends_at": timezone.now()}, "it is expired since"),
        ({"starts_at": timezone.now() + timedelta(days=9)}, "it is scheduled, and starts on"),
    ],
)
def test_it_warns_of_a_code_that_nobody_can_claim(told: dict[str, Any], said: str) -> None:
    assert said in words(at_desk().get(page(code(**told))))


def test_its_address_is_neither_kept_nor_told() -> None:
    answer = at_desk().get(page(code()))
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("below", ["share/", "qr.svg", "qr.png"])
def test_codes_that_are_not_theirs_to_share_are_not_there(below: str) -> None:
    foreign = code("foreign", "farmer")
    gone = code("gone", deleted_at=timezone.now())
    cancelled = code("cancelled", cancelled_at=timezone.now())
    hidden = code("hidden", "reader")
    badge("reader").hide()
    pks = [foreign.pk, gone.pk, cancelled.pk, hidden.pk, kept().pk, 0, 10**30]
    assert {at_desk().get(path(f"codes/{pk}/{below}")).status_code for pk in pks} == {404}
    for pk in pks:
        assert at_desk().post(path(f"codes/{pk}/share/x/")).status_code == 404
        assert at_desk().post(path(f"codes/{pk}/hand-out/"), {"handed_out_to": "x"}).status_code == 404
    assert shares() == {}


def test_a_network_is_led_to_by_a_link_that_says_so_and_not_told_where_from() -> None:
    open_day = code("😀" * 255)
    answer = at_desk().post(page(open_day, "share/x/"))
    assert (answer.status_code, answer["Referrer-Policy"]) == (303, "no-referrer")
    assert answer["Location"].startswith("https://x.com/intent/post?text=Claim%20the%20badge%20%E2%80%9CCoder")
    assert unquote(answer["Location"]).endswith("/?from=x")
    open_day.refresh_from_db()
    first = open_day.handed_out_at
    assert first
    at_desk().post(page(open_day, "share/x/"))
    at_desk().post(page(open_day, "share/linkedin/"))
    open_day.refresh_from_db()
    assert open_day.handed_out_at == first
    assert shares() == {"x": 2, "linkedin": 1}


def test_that_it_was_copied_is_counted_and_no_more() -> None:
    open_day = code()
    assert at_desk().post(page(open_day, "share/copy/")).content == b""
    open_day.refresh_from_db()
    assert (shares(), open_day.handed_out_at) == ({"copy": 1}, None)


def test_what_is_no_network_is_not_there_and_a_link_shares_nothing() -> None:
    open_day = code()
    assert at_desk().post(page(open_day, "share/qr/")).status_code == 404
    assert at_desk().get(page(open_day, "share/x/")).status_code == 405
    assert at_desk().post(page(open_day)).status_code == 405
    client = at_desk()
    client.handler.enforce_csrf_checks = True
    assert client.post(page(open_day, "share/x/")).status_code == 403
    assert shares() == {}


def test_whom_it_was_handed_to_is_written_down_once() -> None:
    open_day = code()
    for said in ("The town hall", "Somebody else"):
        at_desk().post(page(open_day, "hand-out/"), {"handed_out_to": said})
    open_day.refresh_from_db()
    assert open_day.handed_out_to == "The town hall"
    assert open_day.handed_out_at
    shown = words(at_desk().get(page(open_day)))
    assert "Handed out to The town hall on" in shown
    assert "Mark as handed out" not in shown


@pytest.mark.parametrize("said", ["", "  ", "x" * 256, "a\0b", "a\nb"])
def test_what_cannot_be_written_down_is_asked_again(said: str) -> None:
    open_day = code()
    answer = at_desk().post(page(open_day, "hand-out/"), {"handed_out_to": said})
    assert answer.status_code == 400
    assert "errorlist" in answer.text
    open_day.refresh_from_db()
    assert open_day.handed_out_at is None


def test_the_pictures_are_what_they_say() -> None:
    open_day = code()
    svg, png = (at_desk("reader").get(page(open_day, f"qr.{kind}")) for kind in ("svg", "png"))
    assert (svg["Content-Type"], png["Content-Type"]) == ("image/svg+xml", "image/png")
    assert svg.content.startswith(b"<svg ")
    assert "no-store" in svg["Cache-Control"]


def test_it_costs_as_many_statements_whatever_else_there_is() -> None:
    open_day, client = code(), at_desk()

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(page(open_day))
        return len(caught)

    few = cost()
    for number in range(20):
        code(f"other-{number}")
    assert cost() == few


def test_strangers_are_sent_to_sign_in() -> None:
    assert browser().get(page(code()))["Location"].startswith("/login/?next=/desk/")
