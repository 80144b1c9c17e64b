"""In a real browser, no page breaks the policy that comes with it: nothing of ours is inline, or from elsewhere; and
axe finds nothing on it that would keep somebody out, in light or in dark.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from credentials_badges.badges.models import Badge, BadgeTemplate
from providers.badgekit.models import ClaimCode, Image
from tests.security import stage
from tests.security.table import OPEN, PAGES, WITH_SECRET
from tests.security.test_routes import address_of, admin_routes

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
WATCH = """
window.addEventListener("securitypolicyviolation", event => console.error("POLICY " + event.violatedDirective));
"""
FILES = re.compile(
    r"^/ob/|\.csv|\.svg|\.png|/export/|/evidence/|/jsi18n/|/schema/|/logout/|/r/|/visit/|/delete/|/history/|/\d+/$"
    r"|/apply/|/again/|/preview-sync/"
)
"""Addresses that are no pages, or show nothing else than others do."""
AXE = Axe()
GRAVE = {"serious", "critical"}
IN_LIGHT = {"resultTypes": ["violations"], "preload": False}  # Preloading adds styles, which the policy refuses.
IN_DARK = {**IN_LIGHT, "runOnly": ["color-contrast"]}
NOT_OURS = {"/api/docs/"}
"""Swagger UI's page."""


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    known = stage.build(tmp_path, monkeypatch)
    stage.people()
    BadgeTemplate.objects.update(image_url="https://pictures.example/badge.png")
    Image.objects.update(url="https://pictures.example/badge.png")
    return known


class Watched:
    """A page, and what its browser has against what it shows."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(30_000)
        page.add_init_script(WATCH)
        page.on("console", lambda said: self._note(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._note(f"ERROR {error}"))

    def _note(self, said: str) -> None:
        # A status that is no success is told as an error, too.
        if "Failed to load resource" not in said:
            self.complaints.append(f"{self.page.url}: {said}")

    def look(self, address: str) -> None:
        self.page.goto(address, wait_until="load")
        if address not in NOT_OURS:
            self.use()

    def use(self) -> None:
        """As somebody does who cannot see much, or works at night."""
        self.page.wait_for_load_state("load")
        for colours, options in (("light", IN_LIGHT), ("dark", IN_DARK)):
            self.page.emulate_media(color_scheme=colours)
            self.page.evaluate("document.getAnimations().forEach(change => change.finish())")
            for found in AXE.run(self.page, options=options).response["violations"]:
                if found["impact"] in GRAVE:
                    where = ", ".join(str(node["target"]) for node in found["nodes"][:3])
                    self._note(f"AXE in {colours}: {found['id']}: {found['help']}: {where}")


def test_the_watch_is_awake(village: dict[str, Any], open_as: Callable[..., Page]) -> None:
    watched = Watched(open_as())
    watched.look("/login/")
    watched.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    watched.page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'ftp://x.example/'}))"
    )
    expect(watched.page.locator("p[style]")).to_have_count(1)
    watched.page.evaluate("document.body.append(document.createElement('input'))")
    watched.use()
    assert any("POLICY style-src" in each for each in watched.complaints)
    assert any("AXE in light: label" in each for each in watched.complaints)


def test_the_administration_keeps_to_it(village: dict[str, Any], open_as: Callable[..., Page]) -> None:
    watched = Watched(open_as("root", stage.PASSWORD))
    for address in admin_routes().values():
        if not FILES.search(address):
            watched.look(address)
    assert watched.complaints == []


def test_the_desk_and_the_other_pages_keep_to_it(village: dict[str, Any], open_as: Callable[..., Page]) -> None:
    watched = Watched(open_as("root", stage.PASSWORD))
    for route, may in {**PAGES, **OPEN, **WITH_SECRET}.items():
        if "GET" in may and not route.startswith("^") and not FILES.search(address := address_of(route, village)):
            watched.look(address)
    assert watched.complaints == []


def test_visitors_pages_keep_to_it(village: dict[str, Any], open_as: Callable[..., Page]) -> None:
    watched = Watched(open_as())
    for address in (
        "/login/",
        "/admin/login/",
        "/badges/x/",
        f"/claim/{village['text']}/",
        "/claim/nonsense/",
    ):
        watched.look(address)
    assert watched.complaints == []


def test_a_mail_is_shown_as_readers_show_it(village: dict[str, Any], open_as: Callable[..., Page]) -> None:
    watched = Watched(open_as("root", stage.PASSWORD))
    code = ClaimCode.objects.get(pk=village["code"])
    watched.look(f"/desk/{village['system']}/codes/{code.pk}/mail/")
    watched.page.get_by_label("Addresses").fill("sam@example.net")
    watched.page.get_by_label("Message").fill("Look!")
    watched.page.get_by_role("button").filter(has_text=re.compile("look|preview|show", re.IGNORECASE)).first.click()
    letter = watched.page.frame_locator("iframe").locator("body")
    expect(letter).to_have_css("background-color", "rgb(242, 242, 242)")
    assert watched.complaints == []


def test_swagger_shows_the_calls_and_makes_one(village: dict[str, Any], open_as: Callable[..., Page]) -> None:
    watched = Watched(open_as("root", stage.PASSWORD))
    watched.look("/api/docs/")
    call = watched.page.locator(".opblock", has=watched.page.locator("[data-path='/api/v1/claims/']")).first
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table").get_by_text("200").first).to_be_visible()
    assert watched.complaints == []


def test_sharing_leads_to_a_network(village: dict[str, Any], open_as: Callable[..., Page], asked: list[str]) -> None:
    watched = Watched(open_as())
    badge = Badge.objects.get(uuid=village["uuid"])
    for network in ("X", "Facebook", "LinkedIn"):
        watched.look(f"/badges/{badge.uuid}/")
        watched.page.get_by_role("button", name=f"Share on {network}").click()
        watched.page.wait_for_url(lambda url: "127.0.0.1" not in url and "localhost" not in url)
    assert {"x.com", "www.facebook.com", "www.linkedin.com"} <= {url.split("/")[2] for url in asked}
    assert [each for each in watched.complaints if "POLICY" in each or "Security Policy" in each] == []


def test_no_other_site_shows_our_pages_within_its_own(
    village: dict[str, Any], open_as: Callable[..., Page], live_server: Any
) -> None:
    page = open_as()
    page.set_content(f'<iframe src="{live_server.url}/login/"></iframe>')
    page.wait_for_timeout(500)
    assert page.frames[1].locator("input").count() == 0
