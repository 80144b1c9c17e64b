"""Whatever is put in is told apart, or refused in words: nothing hostile is unpacked or nested without end."""

import json
import struct
import zlib
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openbadgeslib import baking

from credentials_badges.openbadges.checking import picking, reading
from credentials_badges.openbadges.checking.picking import Odd
from credentials_badges.openbadges.checking.reading import Form, Unreadable
from tests.openbadges.foreign import assertion, credential, rsa, signed_assertion, token

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))


def png(*more: bytes) -> bytes:
    """A picture of one point, with more in it."""
    head = chunk(b"IHDR", struct.pack("!2I5B", 1, 1, 8, 0, 0, 0, 0))
    return b"".join([reading.PNG, head, chunk(b"IDAT", zlib.compress(b"\0\0")), *more, chunk(b"IEND", b"")])


def form(content: bytes) -> str:
    return reading.read(content).form


BADGES = {
    "3.0 as a token": (token(credential()), Form.VERSION_3),
    "3.0 as a document": (json.dumps(credential()), Form.VERSION_3),
    "2.0 signed": (signed_assertion(), Form.SIGNED),
    "2.0 hosted": (json.dumps(assertion()), Form.HOSTED),
    "an address": ("https://school.example/1", Form.ADDRESS),
}


@pytest.mark.parametrize(("text", "expected"), BADGES.values(), ids=BADGES)
def test_each_kind_is_known_be_it_a_text_or_in_a_picture(text: str, expected: Form) -> None:
    assert form(text.encode()) == form(f"\n {text} \n".encode()) == form(text.encode("utf-8-sig")) == expected
    for keyword in (baking.ITXT_KEYWORD, baking.ITXT_KEYWORD_OB3):
        assert form(baking.bake_png(png(), text, keyword=keyword)) == expected
    for element in (baking.SVG_ELEMENT, baking.SVG_ELEMENT_OB3):
        for as_text in (True, False):
            assert form(baking.bake_svg(SVG, text, element=element, as_text=as_text)) == expected


def test_a_drawing_may_say_of_what_kind_it_is() -> None:
    doctype = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    baked = baking.bake_svg(SVG, "https://school.example/1").replace(b"<svg", doctype + b"<svg", 1)
    assert form(baked) == Form.ADDRESS


def entities(depth: int = 30) -> bytes:
    """A few lines that would become more than there is memory."""
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, depth))
    body = f'<svg><openbadges:assertion xmlns:openbadges="x">&e{depth - 1};</openbadges:assertion></svg>'
    return f'<!DOCTYPE svg [<!ENTITY e0 "lol">{lines}]>{body}'.encode()


def encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


TWICE = json.dumps(credential())[:-1] + ',"name":"Another"}'
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "bytes": b"\xff\x00\xfe",
    "a page": b"<!DOCTYPE html><html><body><p>Hello<br></body></html>",
    "words": b"my badge",
    "many megabytes": b"{" * (10 * 2**20),
    "a long text": b" {" + b" " * (300 * 1024) + b"}",
    "many levels": b'{"a":' * 50_000,
    "many closed levels": b'{"a":' * 500 + b"1" + b"}" * 500,
    "many levels of lists": b'{"a":' + b"[" * 100_000,
    "a name twice": TWICE.encode(),
    "a name twice, inside": b'{"type": "OpenBadgeCredential", "a": {"b": 1, "b": 2}}',
    "half a letter": b'{"type": "OpenBadgeCredential", "name": "\\ud800"}',
    "no number": b'{"type": "OpenBadgeCredential", "a": NaN}',
    "a number beyond all": b'{"type": "OpenBadgeCredential", "a": 1e999}',
    "a number of many digits": b'{"type": "OpenBadgeCredential", "a": ' + b"1" * 10_000 + b"}",
    "a list": b'[{"type": "OpenBadgeCredential"}]',
    "a picture without a badge": png(),
    "a picture that is cut off": png()[:40],
    "a picture whose sums are wrong": png().replace(b"IDAT", b"IDAX"),
    "a picture that says it is long": reading.PNG + struct.pack("!I", 2**31 - 1) + b"iTXt" + b"x" * 20,
    "a picture that unpacks without end": png(
        chunk(b"iTXt", b"openbadges\0\x01\0\0\0" + zlib.compress(b"x" * 50_000_000))
    ),
    "a picture with a damaged badge": png(chunk(b"iTXt", b"openbadges\0\x01\0\0\0nonsense")),
    "a picture with bytes in it": png(chunk(b"iTXt", b"openbadges\0\0\0\0\0\xff\xfe")),
    "a drawing without a badge": SVG,
    "a drawing that is cut off": SVG[:40],
    "a drawing that grows without end": entities(),
    "a drawing that asks for a file": b'<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg>&e;</svg>',
    "a drawing of many levels": b"<a>" * 300_000,
    "a drawing of many parts": b"<svg>" + b"<a/>" * 200_000 + b"</svg>",
    "a drawing with an empty badge": b'<svg><openbadges:assertion xmlns:openbadges="x"/></svg>',
    "a token of nothing": b"a.b.c",
    "a token of levels": f"{encoded('{}')}.{encoded('[' * 90_000)}.x".encode(),
    "a token of another kind": f"{encoded('{}')}.{encoded('{}')}.x".encode(),
    "a token with a name twice": f"{encoded('{}')}.{encoded(TWICE)}.x".encode(),
    "an address of a machine": b"file:///etc/passwd",
    "an address that never ends": b"https://school.example/" + b"a" * 5000,
    "no host": b"https://",
    "two addresses": b"https://a.example https://b.example",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_badge_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        reading.read(content)
    assert str(refused.value).endswith((".", "saved anew."))


OTHERS: list[dict[str, Any]] = [
    {"type": "BadgeClass"},
    {"type": ["Profile"]},
    {"type": ["VerifiableCredential", "EndorsementCredential"]},
    {"type": "Assertion", "verify": {"type": "hosted"}},
    {"type": ["VerifiableCredential"]},
    {"vc": {"type": ["VerifiableCredential", "OpenBadgeCredential"]}},
    {"type": {"a": 1}},
    {"type": [["OpenBadgeCredential"]]},
]


def test_people_are_told_what_else_it_is() -> None:
    said = set()
    for document in OTHERS:
        with pytest.raises(Unreadable) as refused:
            reading.told_by(document)
        said.add(str(refused.value))
    assert len(said) == 5


def test_json_is_read_as_all_programs_read_it() -> None:
    assert picking.parse('{"a": [1, "é", null, {"b": 1.5}]}') == {"a": [1, "é", None, {"b": 1.5}]}
    for odd in ('{"a":1,"a":1}', "Infinity", '"\\udc00"', "", "{", "[" * 40 + "]" * 40):
        with pytest.raises(Odd):
            picking.parse(odd)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=200)
def test_nothing_else_comes_of_any_bytes(content: bytes) -> None:
    for before in (b"", reading.PNG, b"<svg>", b"{", png()[:-12]):
        what = ""
        with suppress(Unreadable):
            what = form(before + content)
        assert what in {"", *Form}


def test_the_key_is_not_needed_to_read() -> None:
    found = reading.read(token(credential(), rsa(), kid="a").encode())
    assert (found.header["kid"], found.document["name"]) == ("a", "Sailor")
