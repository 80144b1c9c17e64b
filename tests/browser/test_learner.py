"""What a learner meets: the front page, signing in, and their own page in each of its states."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from social_django.models import UserSocialAuth

from credentials_badges.badges import granting
from credentials_badges.badges.models import Badge, BadgeTemplate, Issuance, Learner
from providers.badgekit import reviewing
from providers.badgekit.claims import Claimant
from tests.badges.world import World, passing, requirement, send, world
from tests.providers.badgekit.api import hold, store
from tests.providers.badgekit.claim_page import code, kept
from tests.sso.conftest import harbour  # noqa: F401 (A fixture.)
from tests.sso.provider import Provider

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"viewport": {"width": 390, "height": 844}}
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}
Picture = Callable[[Page, str], None]
NOW = timezone.now()


@pytest.fixture
def ada(transactional_db: None) -> Learner:
    """Without the sandbox, through which all calls would go that this service makes."""
    store()
    ada = Learner.objects.create_user("ada", "ada@example.com", PASSWORD, full_name="Ada Doe")
    hold("ada@example.com", "librarian", recipient_id=str(ada.uuid))
    return ada


@pytest.fixture
def village(transactional_db: None) -> Iterator[World]:
    """Ada has something in each section, and Ben nothing at all."""
    store()
    with world(templates=9) as built:
        ada = Learner.objects.create_user("ada", "ada@example.com", PASSWORD, full_name="Ada Doe")
        Learner.objects.create_user("ben", "ben@example.com", PASSWORD, full_name="Ben Gray")
        boss = Learner.objects.create_superuser("boss", "boss@example.com", PASSWORD)
        BadgeTemplate.objects.update(image_url="https://pictures.example/badge.png")
        given = {number: _given(built, number, ada, boss) for number in range(6)}
        there = {"external_url": "https://provider.example/badge", "external_state": "accepted"}
        _say(given[0], external_id="a", **there, expires_at=NOW + timedelta(days=200))
        _say(given[1], external_id="b", **{**there, "external_state": "pending"})
        Issuance.objects.filter(badge=given[3]).update(status="dead", open_key=None, last_error="secret reason")
        granting.revoke([given[4].pk], by=boss, reason="It was given by mistake.", now=NOW)
        _say(given[5], external_id="c", **there, expires_at=NOW - timedelta(days=2))
        tasks = [{**requirement("r1", "OneX"), "description": "Pass the first course."}]
        tasks += [{**requirement("r2", "TwoX"), "description": "Help three others.", "count": 3}]
        built.configure(6, requirements=tasks)
        built.configure(7, requirements=[*tasks, requirement("r3", "X3"), requirement("r4", "X4")])
        send(passing("ada", "OneX"), passing("ada", "TwoX", minute=1))
        hold("ada@example.com", "librarian", recipient_id=str(ada.uuid))
        kept("ada")
        used = code("review-me", "reader", needs_approval=True)
        reviewing.submit(used, "ada@example.com", Claimant(learner=ada, is_reviewed=True))
        yield built


def _given(world: World, number: int, ada: Learner, boss: Learner) -> Badge:
    granting.grant(world.templates[number], [ada], by=boss, reason="For what you did at the fair.", now=NOW)
    return Badge.objects.get(template=world.templates[number])


def _say(badge: Badge, **said: Any) -> None:
    Badge.objects.filter(pk=badge.pk).update(**said)


@pytest.mark.parametrize("look", LOOKS)
def test_each_section_stands_there(village: World, open_as: Callable[..., Page], picture: Picture, look: str) -> None:
    page = open_as("ada", PASSWORD, **LOOKS[look])
    page.goto("/my/")
    for heading in (
        "Waiting for you 2",
        "Earned 2",
        "In progress 2",
        "Claims under review 1",
        "On its way 2",
        "No longer valid 2",
    ):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    picture(page, f"learner-my-{look}")
    expect(page.get_by_role("link", name="Accept your badge").first).to_be_visible()
    expect(page.get_by_text("There is a problem with handing it over")).to_be_visible()
    expect(page.get_by_text("It was given by mistake.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "secret reason" not in page.content()


@pytest.mark.parametrize("look", LOOKS)
def test_who_has_nothing_is_told_how_badges_come(
    village: World, open_as: Callable[..., Page], picture: Picture, look: str
) -> None:
    page = open_as("ben", PASSWORD, **LOOKS[look])
    page.goto("/my/")
    expect(page.get_by_role("heading", name="No badge yet")).to_be_visible()
    picture(page, f"learner-empty-{look}")
    page.get_by_role("main").get_by_role("link", name="Enter a code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    assert page.url.endswith("/claim/")


def test_all_of_it_is_reached_by_keyboard(village: World, open_as: Callable[..., Page]) -> None:
    page = open_as("ada", PASSWORD)
    page.goto("/my/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().split(/\\s+/).join(' ')"))
        if reached[-1] == "Enter it":
            break
    told = " | ".join(reached)
    for words in ("Accept your badge", "See it at its provider", "How it was earned", "Look at your claim", "Enter it"):
        assert words in told
    page.get_by_text("How it was earned").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("For what you did at the fair.").first).to_be_visible()


def test_days_are_told_in_the_visitor_s_own_zone(village: World, open_as: Callable[..., Page]) -> None:
    Badge.objects.update(earned_at="2026-03-01T23:30:00Z")
    page = open_as("ada", PASSWORD, timezone_id="Asia/Tokyo")
    page.goto("/my/earned/")
    expect(page.get_by_text("March 2, 2026").first).to_be_visible()
    assert page.get_by_text("March 1, 2026").count() == 0


@pytest.mark.parametrize("look", LOOKS)
def test_the_front_page_leads_on(village: World, open_as: Callable[..., Page], picture: Picture, look: str) -> None:
    page = open_as(**LOOKS[look])
    page.goto("/")
    picture(page, f"learner-front-{look}")
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.get_by_role("link", name="Administration").count() == 0
    boss = open_as("boss", PASSWORD, **LOOKS[look])
    boss.goto("/")
    picture(boss, f"learner-front-staff-{look}")
    expect(boss.get_by_role("link", name="Administration")).to_be_visible()
    expect(boss.get_by_role("link", name="Organisers’ desk")).to_be_visible()


@pytest.mark.parametrize(
    ("button", "person"),
    [
        ("Sign in with Harbour", {"sub": "ada-at-home", "email": "ada@example.com", "email_verified": True}),
        ("Sign in with Harbour Academy", {"preferred_username": "ada"}),
    ],
)
def test_somebody_signs_in_with_an_account_of_another_site(
    ada: Learner,
    harbour: Provider,  # noqa: F811
    open_as: Callable[..., Page],
    picture: Picture,
    button: str,
    person: dict[str, Any],
) -> None:
    harbour.person = person
    page = open_as()
    page.context.route(f"{harbour.url}/**", lambda route: route.continue_())
    page.goto("/my/earned/")
    picture(page, "learner-sign-in")
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_role("heading", name="Earned 1")).to_be_visible()
    assert [each.user_id for each in UserSocialAuth.objects.all()] == [ada.pk]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_provider_that_is_down_is_told_in_words(
    ada: Learner,
    harbour: Provider,  # noqa: F811
    open_as: Callable[..., Page],
    picture: Picture,
) -> None:
    harbour.is_down = True
    page = open_as(color_scheme="dark")
    page.goto("/login/")
    picture(page, "learner-sign-in-dark")
    page.get_by_role("button", name="Sign in with Harbour", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer at present")
    assert not UserSocialAuth.objects.exists()
    picture(page, "learner-not-signed-in-dark")
