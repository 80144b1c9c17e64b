"""Visitors read a badge, check it, share it and print it; each state has a page of its own."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from credentials_badges.badges.models import Badge, BadgeTemplate, BadgeVisits, Learner
from tests.openbadges.conftest import badge as given  # noqa: F401 (A fixture.)

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}}
DARK = {"color_scheme": "dark"}
Picture = Callable[[Page, str], None]
Opener = Callable[..., Page]


@pytest.fixture
def badge(transactional_db: None, given: Badge) -> Badge:  # noqa: F811
    """Coder, which Ada has, with all that a page can tell."""
    told = {
        "description": "Whoever holds this badge has written a program that does something useful for somebody else, "
        "and has explained it in front of others.",
        "criteria": ["Write a program that somebody else uses.", "Show it at one of the club’s evenings."],
        "skills": ["Python", "Explaining", "Patience"],
        "level": "Beginner",
        "duration": "six evenings",
        "is_active": True,
    }
    BadgeTemplate.objects.update(**told)
    Badge.objects.update(expires_at=timezone.now() + timedelta(700))
    return Badge.objects.select_related("template", "learner").get()


def at(badge: Badge, below: str = "") -> str:
    return f"/badges/{badge.uuid}/{below}"


def test_a_badge_is_read_checked_shared_and_saved(
    badge: Badge, open_as: Opener, picture: Picture, asked: list[str]
) -> None:
    page = open_as(permissions=["clipboard-read", "clipboard-write"])
    page.goto(at(badge))
    expect(page.get_by_role("heading", name="Coder", level=1)).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_hidden()
    picture(page, "visitor-badge")
    page.get_by_role("button", name="Copy the address").click()
    expect(page.locator("#copied")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"{at(badge)}?from=copy")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Open Badge 3.0", exact=True).click()
    assert saved.value.suggested_filename == "badge.json"
    page.get_by_role("link", name="Verify it").click()
    expect(page.get_by_text("All that we can check holds.")).to_be_visible()
    picture(page, "visitor-verify")
    page.go_back()
    page.get_by_role("link", name="About this badge").click()
    expect(page.get_by_text("Awarded once")).to_have_count(0)
    expect(page.get_by_text("six evenings")).to_be_visible()
    picture(page, "visitor-template")
    assert BadgeVisits.objects.filter(kind="shared", source="copy").exists()
    assert {url.split("/")[2] for url in asked} == {"pictures.example"}


@pytest.mark.parametrize(
    ("name", "columns", "says"),
    [
        ("revoked", {"status": "revoked", "revoked_at": timezone.now()}, "This badge was taken back"),
        ("expired", {"external_state": "expired"}, "is not valid any more"),
        ("pending", {"external_state": "pending"}, "has not accepted it yet"),
        ("declined", {"external_state": "rejected"}, "has declined it"),
    ],
)
def test_each_state_has_its_page(
    badge: Badge, open_as: Opener, picture: Picture, name: str, columns: dict[str, Any], says: str
) -> None:
    Badge.objects.update(**columns)
    page = open_as(**(DARK if name in {"revoked", "pending"} else {}))
    page.goto(at(badge))
    expect(page.get_by_role("status").filter(has_text=says)).to_be_visible()
    expect(page.get_by_role("heading", name="Share it")).to_have_count(0)
    picture(page, f"visitor-{name}")
    page.get_by_role("link", name="Verify it").click()
    expect(page.get_by_text("Not yet" if name == "pending" else "Not valid", exact=False).first).to_be_visible()
    picture(page, f"visitor-{name}-verify")


def test_one_that_is_gone_or_was_never_there_says_so(badge: Badge, open_as: Opener, picture: Picture) -> None:
    page = open_as()
    page.goto(f"/badges/{uuid4()}/")
    expect(page.get_by_role("heading", name="There is no such badge")).to_be_visible()
    picture(page, "visitor-unknown")
    Learner.objects.update(retired_at=timezone.now())
    page.goto(at(badge))
    expect(page.get_by_role("heading", name="This badge is no longer shown")).to_be_visible()
    picture(page, "visitor-gone")
    page.goto(f"/templates/{uuid4()}/")
    expect(page.get_by_role("heading", name="There is no such badge")).to_be_visible()


def test_it_is_printed_on_one_clean_page_with_its_qr_code(badge: Badge, open_as: Opener, picture: Picture) -> None:
    page = open_as(**DARK)
    page.goto(at(badge))
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.get_by_role("link", name="Verify it")).to_be_hidden()
    expect(page.get_by_role("heading", name="Share it")).to_be_hidden()
    expect(page.get_by_role("banner")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    picture(page, "visitor-print")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1


@pytest.mark.parametrize("options", [PHONE, {**PHONE, **DARK}], ids=["light", "dark"])
def test_nothing_is_cut_off_on_a_phone_whatever_names_there_are(
    badge: Badge, open_as: Opener, picture: Picture, options: dict[str, Any]
) -> None:
    name = "عائشة بنت سعد" if "color_scheme" in options else "W" * 120
    Learner.objects.update(full_name=name)
    BadgeTemplate.objects.update(name=name, skills=[name, "Python 🐍"])
    page = open_as(**options)
    for below, drawn in (("", "badge"), ("verify/", "verify")):
        page.goto(at(badge, below))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        picture(page, f"visitor-phone-{drawn}-{'dark' if 'color_scheme' in options else 'light'}")
    page.goto(f"/templates/{badge.template.uuid}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, f"visitor-phone-template-{'dark' if 'color_scheme' in options else 'light'}")
