"""From a batch of codes to a badge at its provider, as its organiser, a stranger and a reviewer see it."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from credentials_badges.badges import events
from credentials_badges.badges.models import BadgeTemplate, Mail
from providers.badgekit import claimable
from providers.badgekit.models import BadgeInstance, ClaimCode, System
from tests.badges.world import World, world
from tests.providers.badgekit.api import store
from tests.providers.badgekit.claim_page import link_of
from tests.providers.badgekit.desk import member

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long word of nobody's"
PHONE = {"viewport": {"width": 390, "height": 844}}
Picture = Callable[[Page, str], None]


def png(width: int = 320, height: int = 200) -> bytes:
    """A picture of evening sky over water."""
    rows = b"".join(b"\0" + bytes((80 + y // 2, 90, 160 if y < height // 2 else 220)) * width for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def credly(transactional_db: None) -> Iterator[World]:
    """Harbour Point at Credly, one of whose templates is claimable by code in the city's system."""
    store()
    with world() as built:
        template = built.templates[0]
        BadgeTemplate.objects.filter(pk=template.pk).update(name="Boat Builder", description="You have built a boat.")
        template.refresh_from_db()
        claimable.make_claimable(template, System.objects.get(slug="city"))
        BadgeTemplate.objects.filter(pk=template.pk).update(is_active=True)
        for role in ("owner", "reviewer"):
            somebody = member(role)
            somebody.full_name = {"owner": "Olga Orlova", "reviewer": "Ravi Rao"}[role]
            somebody.set_password(PASSWORD)
            somebody.save()
        yield built


def test_a_stranger_earns_a_badge_by_a_code_that_was_handed_out(
    credly: World, open_as: Callable[..., Page], asked: list[str], picture: Picture
) -> None:
    owner = open_as("owner-of-city", PASSWORD)
    code = make_a_batch(owner, picture)
    share(owner, code, asked, picture)
    stranger = open_as(**PHONE)
    claim(stranger, code, picture)
    reviewer = open_as("reviewer-of-city", PASSWORD)
    send_back(reviewer, picture)
    submit_again(stranger, picture)
    approve(reviewer, picture)
    while events.process_waiting():
        pass
    credly.deliver()
    (held,) = credly.held()
    assert held["recipient_email"] == "sam@example.net"
    expect_accepted(stranger, picture)
    read_the_report(owner, picture)


def make_a_batch(owner: Page, picture: Picture) -> ClaimCode:
    """Twelve codes that need evidence and approval; one is taken from the printed sheet."""
    owner.get_by_role("link", name="The City").first.click()
    owner.get_by_role("link", name="Make codes").click()
    owner.get_by_label("Badge").select_option(label="Boat Builder")
    owner.get_by_label("How many").fill("12")
    owner.get_by_label("Label").fill("Summer fair")
    owner.get_by_label(re.compile("^Evidence")).select_option(label="Evidence is needed")
    owner.get_by_label("Asks for").fill("A photo of your boat, and how you built it.")
    owner.get_by_label("Needs approval").check()
    picture(owner, "01-make-codes")
    owner.get_by_role("button", name=re.compile("Make")).click()
    expect(owner.get_by_role("heading", name="Summer fair")).to_be_visible()
    picture(owner, "02-batch")
    owner.get_by_role("link", name=re.compile("Print")).click()
    expect(owner.locator("svg")).to_have_count(12)
    picture(owner, "03-printed-sheet")
    code = ClaimCode.objects.select_related("batch").filter(batch__label="Summer fair").order_by("pk").first()
    assert code is not None
    assert code.code in owner.inner_text("main")
    return code


def share(owner: Page, code: ClaimCode, asked: list[str], picture: Picture) -> None:
    """On X, which opens its own page with the link filled in."""
    owner.goto(f"/desk/{System.objects.get(slug='city').pk}/codes/{code.pk}/share/")
    picture(owner, "04-share")
    with owner.context.expect_page() as opened:
        owner.get_by_role("button", name="Share on X").click()
    opened.value.close()
    (address,) = [url for url in asked if url.startswith("https://x.com/")]
    assert code.code in address
    assert "from%3Dx" in address
    assert {url.split("/")[2] for url in asked} == {"x.com", "images.credly.com"}


def claim(stranger: Page, code: ClaimCode, picture: Picture) -> None:
    """By name and address, a mailed link, and evidence."""
    stranger.goto(f"/claim/{code.code}/?from=qr")
    expect(stranger.get_by_role("heading", name="Boat Builder")).to_be_visible()
    picture(stranger, "05-claim-as-a-stranger")
    stranger.get_by_label("Name").fill("Sam Ὀδυσσεύς")
    stranger.get_by_label("E-mail address").fill("sam@example.net")
    stranger.get_by_role("button", name="Send me the link").click()
    expect(stranger.get_by_role("status")).to_contain_text("a link is on its way there")
    picture(stranger, "06-link-is-on-its-way")
    stranger.goto(link_of(Mail.objects.get(to="sam@example.net")))
    stranger.get_by_label("In your words").fill("I built it of oak.")
    stranger.get_by_label("File").set_input_files({"name": "boat.png", "mimeType": "image/png", "buffer": png()})
    picture(stranger, "07-evidence")
    stranger.get_by_role("button", name="Claim this badge").click()
    expect(stranger.get_by_role("status")).to_contain_text("Your claim is under review")
    picture(stranger, "08-under-review")
    assert not BadgeInstance.objects.exists()


def send_back(reviewer: Page, picture: Picture) -> None:
    """The reviewer was told by mail, looks at criteria and evidence, and asks for more."""
    mail = Mail.objects.get(to="reviewer@city.example")
    (address,) = re.findall(r"https?://\S+", mail.text)
    reviewer.goto(address)
    picture(reviewer, "09-review-desk")
    reviewer.get_by_role("link", name=re.compile("Sam")).first.click()
    photo = reviewer.get_by_role("img", name=re.compile("boat.png"))
    expect(photo).to_be_visible()
    assert photo.evaluate("img => img.complete && img.naturalWidth") == 320
    picture(reviewer, "10-claim-with-evidence")
    reviewer.get_by_label("Words").fill("Where is the keel?")
    reviewer.get_by_role("button", name="Send back for revision").click()
    expect(reviewer.get_by_text("was sent back for revision")).to_be_visible()


def submit_again(stranger: Page, picture: Picture) -> None:
    """With the link of the mail that says what is missing."""
    mail = Mail.objects.filter(to="sam@example.net").order_by("-pk")[0]
    assert "Where is the keel?" in mail.text
    stranger.goto(link_of(mail))
    expect(stranger.get_by_text("Where is the keel?")).to_be_visible()
    stranger.get_by_label("In your words").fill("Below the water.")
    picture(stranger, "11-sent-back")
    stranger.get_by_role("button", name="Submit again").click()
    expect(stranger.get_by_role("status")).to_contain_text("Your claim is under review")


def approve(reviewer: Page, picture: Picture) -> None:
    reviewer.goto(f"/desk/{System.objects.get(slug='city').pk}/claims/")
    reviewer.get_by_role("link", name=re.compile("Sam")).first.click()
    expect(reviewer.get_by_text("Below the water.")).to_be_visible()
    reviewer.get_by_label("Words").fill("What a boat!")
    reviewer.get_by_role("button", name="Approve").click()
    expect(reviewer.get_by_text("Approved: sam@example.net")).to_be_visible()
    picture(reviewer, "12-approved")


def expect_accepted(stranger: Page, picture: Picture) -> None:
    stranger.reload()
    expect(stranger.get_by_role("status")).to_contain_text("this badge is yours")
    picture(stranger, "13-the-badge-is-theirs")


def read_the_report(owner: Page, picture: Picture) -> None:
    """Of the batch: what was made, opened, claimed, approved, and is at its provider."""
    batch = ClaimCode.objects.filter(batch__label="Summer fair").values_list("batch", flat=True)[0]
    owner.goto(f"/desk/{System.objects.get(slug='city').pk}/reports/batches/{batch}/")
    picture(owner, "14-report")
    rows = owner.request.get(owner.url + "?format=json").json()
    numbers: dict[str, Any] = {row["number"]: row["count"] for row in rows if row["part"] == "all"}
    expected = {"made": 12, "claimed": 1, "approved": 1, "awarded": 1, "pushed": 1, "shared": 1}
    assert {name: numbers[name] for name in expected} == expected
    assert numbers["opened"] >= 2


def test_an_organiser_reads_in_a_list_of_codes_and_mails_them(
    credly: World, open_as: Callable[..., Page], picture: Picture
) -> None:
    owner = open_as("owner-of-city", PASSWORD)
    owner.goto(f"/desk/{System.objects.get(slug='city').pk}/codes/import/")
    owner.get_by_label("Badge").select_option(label="Boat Builder")
    owner.get_by_label("Label of the batch").fill("Zürich")
    rows = [
        "code;label;multiuse;limit;ends_at",
        "größe;Straße;;;",
        "ab;;;;",
        ";Gäste;;5;",
        ";Bühne;;;soon",
        "größe;;;;",
    ]
    list_ = {"name": "codes.csv", "mimeType": "text/csv", "buffer": "\r\n".join(rows).encode("windows-1252")}
    owner.get_by_label("CSV file").set_input_files(list_)
    owner.get_by_role("button", name="Show what would come of it").click()
    picture(owner, "15-list-of-codes")
    wrong = owner.get_by_role("table").first.inner_text()
    for said in ("3\tab\tA code of fewer than 3 characters", "4\t\tlimit:", "5\t\tends_at:", "6\tgröße\tLine 2 has"):
        assert said in wrong
    owner.get_by_role("button", name="Make it, and leave the others out").click()
    expect(owner.get_by_role("heading", name="Zürich")).to_be_visible()
    assert [(code.code, code.label) for code in ClaimCode.objects.filter(batch__label="Zürich")] == [
        ("größe", "Straße")
    ]
    owner.get_by_role("link", name=re.compile("Mail")).click()
    owner.get_by_label("Addresses").fill("ada@example.com\nnobody\nada@example.com")
    owner.get_by_label("Message").fill("Come to the harbour & bring your boat.")
    owner.get_by_role("button", name="Look at it first").click()
    letter = owner.frame_locator("iframe")
    expect(letter.get_by_text("Come to the harbour & bring your boat.")).to_be_visible()
    picture(owner, "16-mail-to-a-list")
    expect(owner.get_by_text("Line 2: “nobody” is no e-mail address.")).to_be_visible()
    expect(owner.get_by_text("Line 3: Line 1 has the same address.")).to_be_visible()
    owner.get_by_role("button", name="Send 1 mail").click()
    expect(owner.get_by_text("Mails written: 1.")).to_be_visible()
    assert Mail.objects.get().to == "ada@example.com"
