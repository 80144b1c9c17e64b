"""A real browser, headless, on pages that are served on loopback. Nothing beyond this machine is ever asked."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, sync_playwright

from providers.badgekit.models.claims import evidence_storage

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
QUIET = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-quic"),
]
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90"><circle cx="45" cy="45" r="44" fill="#2a6"/>
<path d="M15 55h60l-9 16H24zM44 20v31H22z" fill="#fff"/></svg>"""
PICTURES = Path(os.environ.get("TEST_PICTURES", "var/pictures"))
"""Where each page that a test shows is drawn, for people to look at."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    if not CHROMIUM:
        message = "Chromium is not installed"
        pytest.fail(message) if os.environ.get("REQUIRE_SERVICES") == "1" else pytest.skip(message)
    # The driver runs a loop of events in this thread, from which Django would otherwise keep the database.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def asked(live_server: Any) -> list[str]:
    """Addresses elsewhere that pages have led to; none of them is really asked."""
    return []


@pytest.fixture
def open_as(
    chromium: Browser,
    live_server: Any,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
) -> Iterator[Callable[..., Page]]:
    """Opens a browser of somebody's own, signed in by the page if they have a name."""
    monkeypatch.setitem(vars(evidence_storage()), "location", str(tmp_path / "evidence"))
    settings.PUBLIC_BASE_URL = live_server.url
    contexts: list[BrowserContext] = []

    def answer(route: Route) -> None:
        """In place of other sites, of which only pictures are looked at."""
        route.fulfill(status=200, content_type="image/svg+xml", body=PICTURE)

    def note(request: Request) -> None:
        """Also of redirections, which no route sees."""
        if not request.url.startswith((live_server.url, "data:")):
            asked.append(request.url)

    def opened(username: str = "", password: str = "", **options: Any) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.route(lambda url: not url.startswith(live_server.url), answer)
        context.on("request", note)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        if username:
            page.goto("/login/?next=/desk/")
            page.get_by_label("Username").fill(username)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Draws the whole page into a file of that name."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def draw(page: Page, name: str) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True, caret="initial")  # Hidden, it takes a style.

    return draw
