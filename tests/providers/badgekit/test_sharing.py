"""Links to a code, QR codes of them, and what is put on other sites."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from credentials_badges.badges import qr_code, visiting
from credentials_badges.badges.networks import NETWORKS, on_network
from providers.badgekit import sharing
from providers.badgekit.models import Badge, ClaimCode, Image
from tests.providers.badgekit.claim_page import browser, code

pytestmark = pytest.mark.once

ODD = ["open day/b?#%", "漢" * 255, "😀" * 255, "आ" * 255, "é" * 255, "%" * 255, "عائشة"]


@pytest.fixture(autouse=True)
def _reached_at(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://badges.example/"


def drawn(text: str = "open-day", **told: Any) -> ClaimCode:
    """A code that is not stored."""
    return ClaimCode(code=text, badge=Badge(name="Coder", **told))


@pytest.mark.parametrize("source", visiting.SOURCES)
def test_a_link_says_where_it_was_handed_out(source: str) -> None:
    assert sharing.link(drawn(), source) == f"https://badges.example/claim/open-day/?from={source}"


@pytest.mark.parametrize("text", ODD)
def test_the_link_leads_to_the_code_whatever_characters_it_has(api: None, text: str) -> None:
    link = urlsplit(sharing.link(code(text), "mail"))
    assert unquote(link.path) == f"/claim/{text}/"
    assert "Coder" in browser().get(f"{link.path}?{link.query}").text


@pytest.mark.parametrize("text", ["open-day", *ODD])
def test_a_qr_code_is_the_same_each_time_with_a_quiet_zone_and_no_script(text: str) -> None:
    made = qr_code.make(sharing.link(drawn(text), "qr"))
    svg = sharing.qr_svg(drawn(text))
    assert made.error == "M"
    assert sharing.qr_svg(drawn(text)) == svg
    width = made.symbol_size(border=4)[0]
    assert svg.startswith(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}"><path fill="#fff"')
    assert "script" not in svg
    assert "style" not in svg
    assert sharing.qr_png(drawn(text)) == sharing.qr_png(drawn(text))
    assert sharing.qr_png(drawn(text)).startswith(b"\x89PNG")


def test_qr_codes_of_two_codes_differ() -> None:
    assert sharing.qr_svg(drawn("one")) != sharing.qr_svg(drawn("two"))


@pytest.mark.parametrize(
    ("image", "address"),
    [
        (None, ""),
        (Image(slug="pic"), "https://badges.example/images/pic"),
        (Image(slug='a "b"'), "https://badges.example/images/a%20%22b%22"),
        (Image(slug="x", url="https://pictures.example/ü.png"), "https://pictures.example/%C3%BC.png"),
        (Image(slug="x", url="javascript:alert(1)"), ""),
        (Image(slug="x", url="data:image/png;base64,"), ""),
    ],
)
def test_a_picture_has_a_whole_address_or_none(image: Image | None, address: str) -> None:
    assert sharing.picture(image) == address


def test_what_is_put_on_other_sites_is_escaped_and_runs_nothing() -> None:
    made = ClaimCode(code='"><b>', badge=Badge(name="<script>alert(1)</script>", image=Image(slug="pic")))
    html = sharing.embed(made)
    assert html == (
        '<a href="https://badges.example/claim/%22%3E%3Cb%3E/?from=embed">'
        '<img src="https://badges.example/images/pic" alt="" width="120"> '
        "Claim the badge “&lt;script&gt;alert(1)&lt;/script&gt;”</a>"
    )
    assert "<img" not in sharing.embed(drawn())


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_is_given_the_whole_link_and_knows_it_as_its_own(network: str) -> None:
    link = sharing.link(drawn("a&b=c/é"), network)
    page = urlsplit(on_network(network, link, "Claim “it” & more"))
    assert page.scheme == "https"
    assert link in unquote(page.query)
    assert network in visiting.SOURCES
