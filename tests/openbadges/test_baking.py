"""A badge is found in the picture that it was baked into, and nothing else is that was hidden there."""

import struct
import zlib
from typing import Any

import pytest
from django.test import Client
from openbadgeslib import baking as library

from credentials_badges.badges.models import Badge
from credentials_badges.openbadges import baking, pictures
from credentials_badges.openbadges.baking import Standard
from credentials_badges.openbadges.pictures import PNG, SVG, NoPicture
from providers.badgekit.models import Badge as Stored
from providers.badgekit.models import Image
from tests.providers.badgekit.api import PNG as PIXEL

TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmVk"
ADDRESS = "https://badges.example/ob/v2/assertions/1"
DRAWN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4" fill="red"/></svg>'
KEYWORD = {Standard.OB2: library.ITXT_KEYWORD, Standard.OB3: library.ITXT_KEYWORD_OB3}
ELEMENT = {Standard.OB2: library.SVG_ELEMENT, Standard.OB3: library.SVG_ELEMENT_OB3}


def chunk(kind: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def kinds(picture: bytes) -> list[bytes]:
    """The parts that a PNG has."""
    return [kind for kind, _ in pictures._chunks(picture)]


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """The pixel, with one part more before its end."""
    return PIXEL[:-12] + chunk(kind, body) + PIXEL[-12:]


def upload(media_type: str, data: bytes) -> None:
    """Let the store hold a picture of its badge, as if somebody had sent it."""
    image = Image.objects.create(slug="sent", mimetype=media_type, data=data)
    Stored.objects.filter(slug="coder").update(image=image)


class TestBaking:
    @pytest.mark.parametrize("standard", Standard)
    def test_what_is_baked_into_a_png_is_found_again(self, standard: Standard) -> None:
        baked = baking.bake(PNG, PIXEL, TOKEN, standard=standard)
        assert library.extract_png(baked, keyword=KEYWORD[standard]) == TOKEN
        other = next(each for each in Standard if each is not standard)
        assert library.extract_png(baked, keyword=KEYWORD[other]) is None
        assert kinds(baked) == [b"IHDR", b"IDAT", b"iTXt", b"IEND"]

    @pytest.mark.parametrize("standard", Standard)
    @pytest.mark.parametrize("said", [TOKEN, ADDRESS, '{"id": "a & <b>"}'])
    def test_what_is_baked_into_an_svg_is_found_again(self, standard: Standard, said: str) -> None:
        baked = baking.bake(SVG, DRAWN, said, standard=standard)
        assert library.extract_svg(baked, element=ELEMENT[standard], text_fallback=True) == said
        assert b'fill="red"' in baked

    @pytest.mark.parametrize("standard", Standard)
    @pytest.mark.parametrize("media_type", [PNG, SVG])
    def test_what_was_baked_before_is_gone(self, media_type: str, standard: Standard) -> None:
        picture = PIXEL if media_type == PNG else DRAWN
        for each in Standard:
            picture = baking.bake(media_type, picture, f"old-{each}", standard=each)
        baked = baking.bake(media_type, picture, TOKEN, standard=standard)
        assert b"old-" not in baked
        assert baked.count(TOKEN.encode()) == 1

    @pytest.mark.parametrize("media_type", [PNG, SVG, "image/jpeg", ""])
    @pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0", b"GIF89a", b"<html><svg/></html>", b"<svg/>", b"<"])
    def test_what_is_no_picture_is_refused(self, media_type: str, data: bytes) -> None:
        with pytest.raises(NoPicture):
            baking.bake(media_type, data, TOKEN, standard=Standard.OB2)

    def test_a_picture_is_refused_under_the_name_of_another(self) -> None:
        for media_type, data in ((SVG, PIXEL), (PNG, DRAWN), ("image/gif", PIXEL)):
            with pytest.raises(NoPicture):
                baking.bake(media_type, data, TOKEN, standard=Standard.OB3)


class TestPng:
    @pytest.mark.parametrize("kind", [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME", b"acTL", b"prIv"])
    def test_nothing_is_kept_that_is_not_seen(self, kind: bytes) -> None:
        assert pictures.png(with_chunk(kind, b"openbadges\0hidden")) == PIXEL

    def test_what_says_how_it_looks_is_kept(self) -> None:
        assert pictures.png(PIXEL) == PIXEL
        coloured = with_chunk(b"pHYs", bytes(9))
        assert pictures.png(coloured) == coloured

    def test_what_follows_its_end_is_gone(self) -> None:
        assert pictures.png(PIXEL + b"<script>alert(1)</script>") == PIXEL

    @pytest.mark.parametrize("end", range(0, len(PIXEL), 5))
    def test_one_that_breaks_off_is_refused(self, end: int) -> None:
        with pytest.raises(NoPicture):
            pictures.png(PIXEL[:end])

    def test_one_that_is_damaged_is_refused(self) -> None:
        with pytest.raises(NoPicture, match="damaged"):
            pictures.png(PIXEL.replace(b"IDAT", b"IDAt"))
        with pytest.raises(NoPicture, match=r"breaks off|damaged"):
            pictures.png(PIXEL[:8] + b"\xff\xff\xff\xff" + PIXEL[12:])

    def test_one_that_fills_the_memory_of_whoever_looks_is_refused(self) -> None:
        header = PIXEL[16:29]
        for width, height in ((100_000, 100_000), (0, 1), (2**31, 1)):
            huge = struct.pack(">II", width, height) + header[8:]
            with pytest.raises(NoPicture, match="size"):
                pictures.png(PIXEL[:8] + chunk(b"IHDR", huge) + PIXEL[33:])
        with pytest.raises(NoPicture, match="too large"):
            pictures.png(with_chunk(b"tEXt", bytes(2**20)))

    def test_one_without_a_picture_is_refused(self) -> None:
        with pytest.raises(NoPicture, match="nothing to be seen"):
            pictures.png(PIXEL[:33] + PIXEL[-12:])


def drawn(inner: str, root: str = "") -> str:
    """What is left of an SVG with that in it."""
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {root}>{inner}</svg>'
    return pictures.svg(whole.encode()).decode()


class TestSvg:
    @pytest.mark.parametrize(
        "inner",
        [
            "<script>alert(1)</script>",
            '<g><script href="https://evil.example/x.js"/></g>',
            '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject>',
            '<a href="javascript:alert(1)"><text>x</text></a>',
            '<a xlink:href="java&#10;script:alert(1)"><text>x</text></a>',
            '<use href="data:image/svg+xml,&lt;svg onload=alert(1)>"/>',
            '<use href="https://evil.example/x.svg#x"/>',
            '<image href="https://evil.example/alert.png"/>',
            '<set attributeName="href" to="javascript:alert(1)"/>',
            '<animate attributeName="href" values="javascript:alert(1)"/>',
            '<handler xmlns="http://www.w3.org/2001/xml-events">alert(1)</handler>',
            "<style>@import url(https://evil.example/alert.css);</style>",
            "<style>rect { fill: url(https://evil.example/alert.svg#x) }</style>",
            r"<style>rect { fill: u\72l(https://evil.example/alert.svg) }</style>",
            '<rect style="background: image-set(&quot;https://evil.example/alert&quot; 1x)"/>',
            '<rect fill="url( &quot;https://evil.example/alert&quot;)"/>',
            '<rect onclick="alert(1)"/>',
            '<circle onLoad="alert(1)"/>',
            '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
            "<metadata>alert</metadata>",
            "<!-- alert -->",
            "<?xml-stylesheet href='https://evil.example/alert.css'?>",
        ],
    )
    def test_nothing_is_kept_that_runs_or_asks_another_site(self, inner: str) -> None:
        left = drawn(inner)
        assert "alert" not in left
        assert "evil.example" not in left
        assert left.startswith("<?xml version='1.0' encoding='utf-8'?>\n<svg xmlns=")

    def test_nothing_is_kept_of_what_stands_at_its_root(self) -> None:
        assert "alert" not in drawn("", 'onload="alert(1)" xml:base="javascript:alert(1)//"')

    @pytest.mark.parametrize(
        "inner",
        [
            '<linearGradient id="g"><stop offset="1" stop-color="#fff" /></linearGradient><rect fill="url(#g)" />',
            '<use href="#g" />',
            '<image href="data:image/png;base64,iVBORw0KGgo=" />',
            "<style>.a{fill:#123}</style>",
            '<text x="1">A <tspan>badge</tspan> of ours, größer</text>',
            '<g transform="translate(1 2)" style="fill:url(&quot;#g&quot;)"><path d="M0 0h1v1z" /></g>',
        ],
    )
    def test_what_is_seen_is_kept(self, inner: str) -> None:
        assert inner in drawn(inner)

    def test_names_with_prefixes_are_understood(self) -> None:
        prefixed = b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:rect width="3"/></s:svg>'
        assert b'<rect width="3" />' in pictures.svg(prefixed)
        assert library.extract_svg(baking.bake(SVG, prefixed, TOKEN, standard=Standard.OB2)) == TOKEN

    def test_one_that_grows_when_it_is_read_is_refused(self) -> None:
        bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + DRAWN.replace(b"red", b"&b;")
        for data in (bomb, DRAWN.replace(b"<circle", b"<g>" * 5_000 + b"<circle"), b" " * 2**20 + DRAWN):
            with pytest.raises(NoPicture):
                pictures.svg(data)
        deep = DRAWN.replace(b"<circle", b"<g>" * 500 + b"<circle").replace(b"</svg>", b"</g>" * 500 + b"</svg>")
        with pytest.raises(NoPicture, match="deeply"):
            pictures.svg(deep)

    @pytest.mark.parametrize("encoding", ["utf-16", "no-such-encoding", "utf-7"])
    def test_no_encoding_makes_trouble(self, encoding: str) -> None:
        told = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
        with pytest.raises(NoPicture):
            pictures.svg(told + DRAWN)


class TestPictureOf:
    def test_it_is_the_badges_own_if_the_store_holds_one_of_the_kind(self, badge: Badge) -> None:
        upload("image/png", with_chunk(b"iTXt", b"openbadges\0\0\0\0\0another's"))
        assert baking.picture_of(badge.template, "png") == PIXEL
        assert b"#f0b429" in baking.picture_of(badge.template, "svg")
        Image.objects.filter(slug="sent").update(mimetype="image/svg+xml", data=DRAWN)
        assert b'fill="red"' in baking.picture_of(badge.template, "svg")
        assert struct.unpack(">II", baking.picture_of(badge.template, "png")[16:24]) == (512, 512)

    @pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"<svg>", b"\xff\xd8\xff\xe0"])
    def test_it_is_ours_if_that_cannot_be_handed_on(self, badge: Badge, data: bytes) -> None:
        upload("image/png", data)
        assert struct.unpack(">II", baking.picture_of(badge.template, "png")[16:24]) == (512, 512)
        assert b"#f0b429" in baking.picture_of(badge.template, "svg")

    def test_it_is_ours_if_there_is_none(self, badge: Badge) -> None:
        assert kinds(baking.picture_of(badge.template, "png"))[-1] == b"IEND"
        type(badge.account).objects.update(provider="credly")
        badge.refresh_from_db()
        assert b"<path" in baking.picture_of(badge.template, "svg")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_badge_is_handed_out_in_its_picture(badge: Badge, kind: str) -> None:
    upload(*{"png": (PNG, PIXEL), "svg": (SVG, DRAWN)}[kind])
    extract: dict[str, Any] = {"png": library.extract_png, "svg": library.extract_svg}
    name = {"png": "keyword", "svg": "element"}[kind]
    places = {"png": KEYWORD, "svg": ELEMENT}[kind]
    hosted = Client().get(f"/ob/v2/assertions/{badge.uuid}.{kind}")
    assert hosted["Content-Type"] == {"png": PNG, "svg": SVG}[kind]
    assert "sandbox" in hosted["Content-Security-Policy"]
    address = f"https://badges.example/ob/v2/assertions/{badge.uuid}"
    assert extract[kind](hosted.content, **{name: places[Standard.OB2]}) == address
    signed = Client().get(f"/ob/v3/credentials/{badge.uuid}.{kind}").content
    assert extract[kind](signed, **{name: places[Standard.OB3]}).count(".") == 2
    Badge.objects.update(status="revoked")
    assert Client().get(f"/ob/v2/assertions/{badge.uuid}.{kind}").status_code == 410
