"""What endorsers have said stands on the public pages of a badge and of its template, and nothing else of it does."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credentials_badges.badges.models import Badge, BadgeTemplate
from credentials_badges.endorsements import asking
from credentials_badges.endorsements.models import Endorsement
from providers.badgekit.models import System
from tests.badges.test_pages import text_of
from tests.endorsements.test_asking_pages import page, signed_in
from tests.endorsements.world import NOW, World
from tests.providers.badgekit.claim_page import browser
from tests.providers.badgekit.desk import administrator, at_desk, stranger

HEADING = "<h2>Endorsements</h2>"
EVERYTHING = ("badge", "template", "programme", "issuer")


def badge_page(world: World) -> str:
    return f"/badges/{world.badge.uuid}/"


def template_page(world: World) -> str:
    return f"/templates/{world.template.uuid}/"


def shown(world: World, address: str = "", client: Client | None = None) -> Any:
    answer = (client or browser()).get(address or badge_page(world))
    assert answer.status_code == 200
    return answer


def test_where_nothing_was_said_nothing_is_shown(world: World) -> None:
    world.ask()
    for address in (badge_page(world), template_page(world)):
        assert HEADING not in shown(world, address).text


def test_a_badge_shows_what_is_said_of_it_and_of_all_behind_it(world: World) -> None:
    for kind in EVERYTHING:
        world.accepted(kind, text=f"*Good {kind}.*", in_name_of=f"Roth for {kind}")
    world.accepted("library", text="Good library.")
    world.accepted("elsewhere", by=world.clerk, text="Not of this badge.")
    answer = shown(world)
    for kind, about in zip(
        EVERYTHING,
        (
            "About this very badge",
            "About the badge “Coder”",
            "About the programme “Code Club”",
            "About the issuer, The City",
        ),
        strict=True,
    ):
        assert f"<em>Good {kind}.</em>" in answer.text
        assert about in text_of(answer)
    assert "Good library." in answer.text
    assert "Not of this badge." not in answer.text
    of_template = shown(world, template_page(world))
    assert "Good badge." not in of_template.text
    for kind in EVERYTHING[1:]:
        assert f"<em>Good {kind}.</em>" in of_template.text


def test_name_website_day_and_signed_document_are_told(world: World) -> None:
    row = world.accepted()
    answer = shown(world)
    link = '<a href="https://roth.example/" rel="nofollow noopener noreferrer"><bdi>Roth &amp; Co.</bdi></a>'
    assert link in answer.text
    assert "June 1, 2026" in text_of(answer)
    assert f'href="/ob/v3/endorsements/{row.uuid}"' in answer.text
    assert '<link rel="stylesheet" href="/static/endorsements/endorsements.css">' in answer.text


def test_nothing_that_is_private_is_told(world: World) -> None:
    row = world.accepted(message="Only for Rosa.")
    Endorsement.objects.filter(pk=row.pk).update(reason="Nobody’s business", endorser_name="Rosa Private")
    for address in (badge_page(world), template_page(world)):
        text = shown(world, address).text
        for secret in ("rosa@roth.example", "Only for Rosa.", "Nobody’s business", "Rosa Private", "/endorse/"):
            assert secret not in text


@pytest.mark.parametrize("state", sorted(set(Endorsement.State.values) - {"accepted"}))
def test_only_what_is_accepted_is_shown(world: World, state: str) -> None:
    Endorsement.objects.filter(pk=world.accepted().pk).update(state=state)
    for address in (badge_page(world), template_page(world)):
        assert HEADING not in shown(world, address).text


def test_what_is_hidden_comes_back_once_it_is_shown_again(world: World) -> None:
    row = world.accepted()
    asking.hide(row, world.owner, NOW)
    assert HEADING not in shown(world).text
    asking.show(row, world.owner, NOW)
    assert HEADING in shown(world).text


@pytest.mark.parametrize("state", ["pending", "rejected", ""])
def test_of_a_badge_that_nobody_has_accepted_only_what_is_said_of_its_template_is_shown(
    world: World, state: str
) -> None:
    world.accepted("badge", text="Well done, Ada.")
    world.accepted("template", text="A good badge.")
    Badge.objects.update(external_state=state, external_id="nowhere")
    answer = shown(world)
    assert "Ada" not in answer.text
    assert "A good badge." in answer.text
    assert "Well done, Ada." in shown(world, client=signed_in(world.ada)).text


def test_what_was_said_of_a_badge_that_was_taken_back_stands_beside_that(world: World) -> None:
    world.accepted("badge")
    Badge.objects.update(status="revoked", revoked_at=timezone.now())
    answer = shown(world)
    assert "This badge was taken back on" in text_of(answer)
    assert HEADING in answer.text


def test_one_that_is_gone_shows_none(world: World) -> None:
    world.accepted("badge")
    world.ada.retired_at = timezone.now()
    world.ada.save()
    answer = browser().get(badge_page(world))
    assert (answer.status_code, HEADING in answer.text) == (410, False)


def test_what_strangers_have_written_cannot_do_anything(world: World) -> None:
    evil = (
        '<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) <a href="//x" onclick=a()>y</a>'
    )
    world.accepted(text=evil, in_name_of='"><script>alert(2)</script>', url='https://x.example/"><script>')
    text = shown(world).text
    section = text[text.index(HEADING) : text.index("</section>", text.index(HEADING))]
    for bad in ("<script", "<img", "javascript:", "onclick"):
        assert bad not in section


def test_an_account_elsewhere_speaks_for_its_templates(world: World) -> None:
    world.accepted("elsewhere", by=world.clerk, text="A good school.")
    text = shown(world, f"/templates/{world.credly_template.uuid}/").text
    assert "A good school." in text
    assert "About the issuer, Harbour School" in text


def test_fifty_cost_as_many_statements_as_one_and_no_more_are_shown(world: World) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as statements:
            shown(world, address)
        return len(statements)

    row = world.accepted()
    addresses = (badge_page(world), template_page(world))
    shown(world)  # The first visit of the day costs more.
    few = [cost(address) for address in addresses]
    same = {"account": world.account, "kind": "template", "template": world.template, "state": "accepted"}
    times = {"asked_at": NOW, "expires_at": NOW + timedelta(days=30), "answered_at": NOW, "language": "en"}
    rows = [Endorsement(text=f"Number {n}.", in_name_of=f"Eve {n}", **same, **times) for n in range(60)]
    Endorsement.objects.bulk_create(rows)
    assert [cost(address) for address in addresses] == few
    assert shown(world).text.count("<figure") == 50
    assert row.text == "It is **good**."


class TestLeadingThere:
    def test_a_page_leads_to_what_speaks_for_it_and_of_the_account_to_everything(self, world: World) -> None:
        badge = at_desk().get(page(world, "badge")).text
        for kind in ("template", "programme", "issuer"):
            assert page(world, kind) in badge
        issuer = at_desk().get(page(world, "issuer")).text
        for kind in ("template", "programme", "library"):
            assert page(world, kind) in issuer

    def test_public_pages_lead_there_only_whoever_may_ask(self, world: World) -> None:
        for kind, address in (
            ("badge", f"/badges/{world.badge.uuid}/"),
            ("template", f"/templates/{world.template.uuid}/"),
        ):
            assert page(world, kind) in at_desk().get(address).text
            for client in (browser(), stranger(), signed_in(world.ada)):
                assert page(world, kind) not in client.get(address).text

    def test_the_administration_leads_there_from_templates_badges_and_accounts(self, world: World) -> None:
        rows = {"template": world.template, "badge": world.badge, "issuer": world.account}
        pages = {"template": "badgekitbadgetemplate", "badge": "badgekitissuedbadge", "issuer": "badgekitaccount"}
        for kind, row in rows.items():
            shown = administrator().get(f"/admin/badges/{pages[kind]}/{row.pk}/change/").text
            assert f'<li><a href="{page(world, kind)}">Endorsements</a></li>' in shown
        credly = administrator().get(f"/admin/badges/credlyorganization/{world.credly.pk}/change/").text
        assert page(world, "elsewhere") in credly

    def test_a_template_that_nobody_is_to_know_of_has_no_such_page(self, world: World) -> None:
        Badge.objects.all().delete()
        BadgeTemplate.objects.update(is_active=False)
        shown = administrator().get(f"/admin/badges/badgekitbadgetemplate/{world.template.pk}/change/")
        assert shown.status_code == 200
        assert f"/endorsements/template/{world.template.uuid}/" not in shown.text

    def test_the_desk_leads_there_whoever_owns_the_system(self, world: World) -> None:
        address = f"/desk/{System.objects.get(slug='city').pk}/codes/"
        assert page(world, "issuer") in at_desk().get(address).text
        assert "/endorsements/" not in at_desk("reader").get(address).text
