"""An endorsement from both sides: who asks for it, and who gives it, takes it back, or would rather not."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from credentials_badges.badges import delivering
from credentials_badges.badges.models import AuditEntry, BadgeTemplate, Learner, ProviderAccount
from credentials_badges.endorsements import answering, asking
from credentials_badges.endorsements.models import Endorsement
from tests.endorsements.world import World, build
from tests.providers.badgekit.desk import member

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"viewport": {"width": 390, "height": 844}}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "phone-dark": {**PHONE, "color_scheme": "dark"},
}
OWNER = "owner-of-city"
WORDS = """Our **harbour** hires people who can *really* program.

Whoever has this badge

- is invited to an [interview](https://roth.example/jobs), and
- gets a place in our summer school.

![picture](https://roth.example/spy.png) <script>alert(1)</script>"""
MESSAGE = "Dear friend of the city,\n\nas we agreed on the phone: please say what you think of our badge.\n\nThe club"
Picture = Callable[[Page, str], None]
Open = Callable[..., Page]


@pytest.fixture
def city(transactional_db: None) -> World:
    """The owner of the city's system, an administrator, and a badge that can tell something of itself."""
    world = build()
    for username in (OWNER, "boss"):
        who, _ = Learner.objects.get_or_create(username=username, defaults={"is_staff": True, "is_superuser": True})
        who.full_name = {OWNER: "Olga Owner", "boss": "Bea Boss"}[username]
        who.set_password(PASSWORD)
        who.save()
    told = "Whoever holds this badge has written a program that does something useful for somebody else."
    criteria = ["Write a program that somebody else uses.", "Show it at one of the club’s evenings."]
    BadgeTemplate.objects.filter(pk=world.template.pk).update(description=told, criteria=criteria)
    return world


def read(mailoutbox: list[Any], to: str) -> Any:
    """The newest mail to that address, once all that wait have left."""
    delivering.deliver_due()
    return [mail for mail in mailoutbox if mail.to == [to]][-1]


def link_in(mail: Any) -> str:
    (path,) = re.findall(r"https?://[^/\s]+(/endorse/\S+)", mail.body)
    return str(path)


def request_of(page: Page, name: str) -> Any:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name))


def test_it_is_switched_on_in_the_administration_which_is_written_down(
    city: World, open_as: Open, picture: Picture
) -> None:
    ProviderAccount.objects.update(endorsements_enabled=False)
    page = open_as(OWNER, PASSWORD)
    page.goto(f"/badges/{city.badge.uuid}/")
    page.get_by_role("main").get_by_role("link", name="Endorsements").click()
    expect(page.get_by_role("status")).to_contain_text("switched off for Our city. An administrator can switch it on")
    expect(page.get_by_role("button", name="Request endorsement")).to_have_count(0)
    picture(page, "endorsing-off")
    boss = open_as("boss", PASSWORD)
    boss.goto(page.url)
    boss.get_by_role("link", name="Switch it on in the administration.").click()
    boss.get_by_label("Endorsements").check()
    picture(boss, "endorsing-switch")
    boss.get_by_role("button", name="Save", exact=True).click()
    expect(boss.get_by_text("was changed successfully")).to_be_visible()
    assert ProviderAccount.objects.get(pk=city.account.pk).endorsements_enabled
    (entry,) = AuditEntry.objects.all()
    assert (entry.actor_name, entry.changes["endorsements_enabled"]) == ("boss", [False, True])
    page.reload()
    expect(page.get_by_text("Nobody has been asked yet.")).to_be_visible()
    picture(page, "endorsing-empty")


def test_the_whole_way_from_asking_to_taking_it_back(
    city: World, open_as: Open, picture: Picture, mailoutbox: list[Any]
) -> None:
    owner = open_as(OWNER, PASSWORD)
    ask(owner, city, picture)
    rosa = open_as()
    rosa.goto(link_in(read(mailoutbox, "rosa@roth.example")))
    endorse(rosa, picture)
    visitor = open_as()
    for path in (f"/badges/{city.badge.uuid}/", f"/templates/{city.template.uuid}/"):
        visitor.goto(path)
        said = visitor.locator("#endorsements")
        expect(said.get_by_role("link", name="Roth & Co.")).to_have_attribute("href", "https://roth.example/")
        expect(said.locator("strong", has_text="harbour")).to_be_visible()
        assert said.locator("img, script").count() == 0
        picture(visitor, f"endorsing-public-{path.split('/')[1]}")
    assert "Roth & Co." in read(mailoutbox, "owner@city.example").body
    rosa.get_by_text("Revoke my endorsement …").click()
    rosa.get_by_label("Reason").fill("We have closed down.")
    rosa.get_by_role("button", name="Revoke my endorsement").click()
    expect(rosa.get_by_text("Tick this if you are sure.")).to_be_visible()
    picture(rosa, "endorsing-revoking")
    rosa.get_by_label("Yes, I revoke").check()
    rosa.get_by_role("button", name="Revoke my endorsement").click()
    expect(rosa.get_by_role("status")).to_contain_text("You have revoked your endorsement.")
    picture(rosa, "endorsing-revoked")
    for path in (f"/badges/{city.badge.uuid}/", f"/templates/{city.template.uuid}/"):
        visitor.goto(path)
        expect(visitor.get_by_role("heading", level=1)).to_have_text("Coder")
        expect(visitor.locator("#endorsements")).to_have_count(0)
    assert "We have closed down." in read(mailoutbox, "owner@city.example").body


def ask(owner: Page, city: World, picture: Picture) -> None:
    """First with mistakes, which are told beside what was typed."""
    owner.goto(f"/badges/{city.badge.uuid}/")
    owner.get_by_role("main").get_by_role("link", name="Endorsements").click()
    owner.get_by_role("link", name="Coder", exact=True).click()
    people = owner.get_by_label("Whom do you ask?")
    people.fill("Rosa Roth <rosa@roth.example>\nSam Sand sam@\ntim@till.example")
    owner.get_by_label("Your message").fill(MESSAGE)
    owner.get_by_role("button", name="Request endorsement").click()
    expect(owner.get_by_text("Line 2: There is no valid e-mail address.")).to_be_visible()
    expect(owner.get_by_text("Line 3: The name is missing.")).to_be_visible()
    expect(owner.get_by_label("Your message")).to_have_value(MESSAGE)
    picture(owner, "endorsing-mistakes")
    people.fill("Rosa Roth <rosa@roth.example>\nSam Sand sam@sand.example")
    owner.get_by_role("button", name="Request endorsement").click()
    expect(owner.get_by_role("status")).to_have_text("Asked: Rosa Roth, Sam Sand. A mail is on its way to each.")


def endorse(rosa: Page, picture: Picture) -> None:
    """Somebody without an account looks at it first."""
    expect(rosa.get_by_role("heading", name="Our city asks you for an endorsement")).to_be_visible()
    expect(rosa.get_by_text("as we agreed on the phone")).to_be_visible()
    expect(rosa.get_by_label("In the name of")).to_have_value("Rosa Roth")
    rosa.get_by_label("In the name of").fill("Roth & Co.")
    rosa.get_by_label("Website").fill("no address")
    rosa.get_by_role("button", name="Endorse", exact=True).click()
    expect(rosa.get_by_text("Enter an address that begins with https://")).to_be_visible()
    picture(rosa, "endorsing-answer-mistakes")
    rosa.get_by_label("Website").fill("https://roth.example/")
    rosa.get_by_label("Your public endorsement").fill(WORDS)
    rosa.get_by_role("button", name="Preview").click()
    expect(rosa.locator("#preview strong", has_text="harbour")).to_be_visible()
    picture(rosa, "endorsing-preview")
    assert not Endorsement.objects.exclude(text="").exists()
    rosa.get_by_role("button", name="Endorse", exact=True).click()
    expect(rosa.get_by_role("status")).to_contain_text("Your endorsement is public.")
    picture(rosa, "endorsing-thanks")


def test_one_would_rather_not_and_one_need_not_any_more(
    city: World, open_as: Open, picture: Picture, mailoutbox: list[Any]
) -> None:
    owner = open_as(OWNER, PASSWORD)
    for name, email in (("Sam Sand", "sam@sand.example"), ("Tim Till", "tim@till.example")):
        city.ask(email=email, name=name, now=timezone.now(), message=MESSAGE)
    sam, tim = open_as(), open_as()
    sam.goto(link_in(read(mailoutbox, "sam@sand.example")))
    sam.get_by_label("Reason").fill("I do not know it well enough.")
    sam.get_by_role("button", name="Reject").click()
    expect(sam.get_by_role("status")).to_contain_text("You have rejected this request.")
    picture(sam, "endorsing-rejected")
    told = read(mailoutbox, "owner@city.example")
    assert "Sam Sand" in told.subject
    assert "I do not know it well enough." in told.body
    link = link_in(read(mailoutbox, "tim@till.example"))
    owner.goto(f"/endorsements/template/{city.template.uuid}/")
    expect(request_of(owner, "Sam Sand")).to_contain_text("I do not know it well enough.")
    row = request_of(owner, "Tim Till")
    row.get_by_text("Cancel …").click()
    row.get_by_label("What you write to them").fill("We have found somebody else.")
    picture(owner, "endorsing-cancelling")
    row.get_by_role("button", name="Yes, cancel the request").click()
    expect(owner.get_by_role("status")).to_have_text("The request to Tim Till is cancelled.")
    assert "We have found somebody else." in read(mailoutbox, "tim@till.example").body
    tim.goto(link)
    expect(tim.get_by_role("status")).to_contain_text("Whoever asked you has withdrawn the request.")
    expect(tim.get_by_role("button", name="Endorse")).to_have_count(0)
    picture(tim, "endorsing-cancelled")


@pytest.mark.parametrize("look", LOOKS)
def test_both_pages_can_be_read_wherever_they_are_looked_at(
    city: World, open_as: Open, picture: Picture, look: str
) -> None:
    now = timezone.now()
    open_one = city.ask(email="sam@sand.example", name="Sam Sand", message=MESSAGE, now=now)
    hidden = city.accepted(email="tim@till.example", name="Tim Till", now=now - timedelta(days=4))
    asking.hide(hidden, city.owner, now)
    city.accepted(now=now - timedelta(days=4), text=WORDS)
    city.accepted("issuer", "eve@e.example", now=now - timedelta(days=3), in_name_of="W" * 120, url="")
    late = city.ask(email="uma@u.example", name="Uma Unger", now=now - timedelta(days=40))
    owner, sam = open_as(OWNER, PASSWORD, **LOOKS[look]), open_as(**LOOKS[look])
    owner.goto(f"/endorsements/template/{city.template.uuid}/")
    sam.goto(answering.link(open_one))
    for page, name in ((owner, "asking"), (sam, "answering")):
        picture(page, f"endorsing-{name}-{look}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(sam.get_by_role("button", name="Endorse", exact=True)).to_be_visible()
    expect(request_of(owner, "Tim Till").get_by_role("button", name="Show it again")).to_be_visible()
    sam.goto(f"/badges/{city.badge.uuid}/")
    expect(sam.locator("#endorsements figure")).to_have_count(2)
    picture(sam, f"endorsing-badge-{look}")
    assert sam.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sam.goto(answering.link(late))
    expect(sam.get_by_role("status")).to_contain_text("This request was not answered in time.")
    picture(sam, f"endorsing-late-{look}")
    sam.goto("/endorse/nonsense/")
    expect(sam.get_by_role("heading", name="There is no such request")).to_be_visible()


def test_whoever_decides_for_an_organisation_here_may_speak_for_it(
    city: World, open_as: Open, picture: Picture
) -> None:
    ProviderAccount.objects.create(provider="badgekit", external_id="village", name="Our village")
    vera = member("owner", "village")
    vera.set_password(PASSWORD)
    vera.save()
    page = open_as(vera.username, PASSWORD)
    page.goto(answering.link(city.ask("issuer", email="vera@village.example", name="Vera", now=timezone.now())))
    page.get_by_label("On behalf of").select_option("The Village")
    page.get_by_label("Your public endorsement").fill("Our neighbours know what they do.")
    picture(page, "endorsing-voice")
    page.get_by_role("button", name="Endorse", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Your endorsement is public.")
    said = Endorsement.objects.get()
    assert (said.state, said.voice[0], said.in_name_of) == (Endorsement.State.ACCEPTED, "badgekit", "The Village")
    page.goto(f"/badges/{city.badge.uuid}/")
    expect(page.locator("#endorsements")).to_contain_text("The Village")
    page.emulate_media(media="print")
    picture(page, "endorsing-print")
    expect(page.get_by_role("link", name="Signed document")).to_be_hidden()
    owner = open_as(OWNER, PASSWORD)
    owner.goto("/desk/")
    owner.get_by_role("main").get_by_role("link", name="The City").click()
    owner.get_by_role("navigation", name="Desk").get_by_role("link", name="Endorsements").click()
    expect(request_of(owner, "Vera")).to_contain_text("Our neighbours know what they do.")
    picture(owner, "endorsing-organisation")
