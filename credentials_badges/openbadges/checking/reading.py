"""Tells apart what somebody has put in: a picture, a text or an address, and which standard it follows.

All of it may be hostile: nothing is unpacked, nested or repeated beyond a bound.
"""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax
from django.utils.translation import gettext as _
from openbadgeslib import baking

from credentials_badges.openbadges.checking import picking, taken_back
from credentials_badges.openbadges.checking.fetching import LONGEST_ADDRESS
from credentials_badges.openbadges.checking.picking import Document, Odd

MOST_BYTES = 2**20
"""Of a file; most of it is the picture."""
MOST_BYTES_OF_BADGE = 256 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
KEYWORDS = (baking.ITXT_KEYWORD_OB3, baking.ITXT_KEYWORD)
ELEMENTS = (baking.SVG_ELEMENT_OB3, baking.SVG_ELEMENT)
OF_BADGES = {"OpenBadgeCredential", "AchievementCredential"}


class Form(StrEnum):
    """What it is."""

    VERSION_3 = "Open Badges 3.0"
    HOSTED = "Open Badges 2.0"
    SIGNED = "Open Badges 2.0, signed"
    ADDRESS = "address"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What was put in."""

    form: Form
    document: Document = field(default_factory=dict)
    """What it says, before anything of it is known to be true."""
    token: str = ""
    """The whole, as it is signed, if a signature is around it and not in it."""
    header: Document = field(default_factory=dict)
    """What the token says of how it is signed."""
    address: str = ""


class Unreadable(Exception):
    """It is no badge that we know. The message tells people what else it seems to be."""


def read(content: bytes) -> Found:
    """What it is. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable(_("It is too large for a badge: at most 1 MB is looked at."))
    if content.startswith(PNG):
        return _read_text(_in_png(content))
    words = _decoded(content)
    if words.startswith("<"):
        return _read_text(_in_svg(words))
    return _read_text(words)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unreadable(
            _("It is neither a text nor a picture that can hold a badge: those are PNG and SVG files.")
        ) from None


def _in_png(content: bytes) -> str:
    try:
        found = [baking.extract_png(content, MOST_BYTES_OF_BADGE, keyword=keyword) for keyword in KEYWORDS]
    except Exception:  # noqa: BLE001, RUF100 (A library's reader of hostile files: whatever it stumbles over.)
        raise Unreadable(_("It is a damaged picture: nothing can be read out of it.")) from None
    return _one_of(found)


class _Baked(ContentHandler):
    """Reads past all of an SVG but the badge in it, and keeps nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._inside = ""

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 (It is called so.)
        """Remember the first badge of each kind."""
        if name in ELEMENTS and name not in self.found:
            self.found[name] = attrs.get("verify", "")
            self._inside = "" if self.found[name] else name

    def characters(self, content: str) -> None:
        """A badge may also stand as text."""
        if self._inside:
            self.found[self._inside] += content

    def endElement(self, name: str) -> None:  # noqa: N802 (It is called so.)
        """Its end."""
        self._inside = "" if name == self._inside else self._inside


def _in_svg(words: str) -> str:
    baked = _Baked()
    try:
        # Drawing programs name a DTD of others, which is not read; entities of one's own are forbidden.
        sax.parseString(words.encode(), baked, forbid_external=False)
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        raise Unreadable(_("It looks like a page or a picture, and nothing can be read out of it.")) from None
    return _one_of([baked.found.get(element) for element in ELEMENTS])


def _one_of(found: list[str | None]) -> str:
    text = next(filter(None, found), "").strip()
    if not text:
        raise Unreadable(_("It is a picture, and there is no badge in it: perhaps it is a copy that was saved anew."))
    return text


def _read_text(words: str) -> Found:
    """JSON, a token, or an address."""
    if len(words) > MOST_BYTES_OF_BADGE:
        raise Unreadable(_("It is too large for a badge: at most 256 KB are looked at, besides the picture."))
    if words.startswith("{"):
        return told_by(_parsed(words))
    if TOKEN.fullmatch(words):
        return _token(words)
    if is_address(words):
        return Found(form=Form.ADDRESS, address=words)
    raise Unreadable(_("It is neither a badge nor an address of one."))


def is_address(words: str) -> bool:
    """Whether it is an address of the web, and nothing else."""
    if len(words) > LONGEST_ADDRESS or len(words.split()) != 1:
        return False
    try:
        parts = urlsplit(words)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _parsed(words: str | bytes) -> Document:
    try:
        return picking.parse_document(words)
    except Odd:
        raise Unreadable(
            _("It looks like a badge, and is damaged: programs would not agree on how to read it.")
        ) from None


def told_by(document: Document) -> Found:
    """Which standard a document follows. Raises Unreadable."""
    kinds = picking.kinds(document)
    if kinds & OF_BADGES:
        return Found(form=Form.VERSION_3, document=document)
    if "Assertion" in kinds and ("verification" in document or taken_back.says_so(document)):
        is_signed = picking.kinds(picking.one(document.get("verification"))) & {"SignedBadge", "signed"}
        return Found(form=Form.SIGNED if is_signed else Form.HOSTED, document=document)
    raise Unreadable(_what_else(document, kinds))


def _what_else(document: Document, kinds: set[str]) -> str:
    if kinds & {"EndorsementCredential", "Endorsement"}:
        return _("It is an endorsement, and not a badge. Take the badge that it came with.")
    if kinds & {"BadgeClass", "Achievement", "Issuer", "Profile"}:
        return _("It describes badges, or who issues them. It is not the badge of anybody.")
    if "verify" in document or "Assertion" in kinds:
        return _("It is a badge of before Open Badges 2.0, which cannot be checked here.")
    if "VerifiableCredential" in kinds or "vc" in document:
        return _("It is a credential, and not an Open Badge.")
    return _("It is a document, and not an Open Badge.")


def read_part(told: object) -> tuple[Document, str, Document]:
    """What something says that belongs to a badge; if it is a token, also that, and how it is signed.

    Raises Unreadable.
    """
    if isinstance(told, dict):
        return told, "", {}
    if isinstance(told, str) and TOKEN.fullmatch(told):
        header, document = map(_part, told.split(".")[:2])
        return document, told, header
    raise Unreadable(_("It is told in a way that is not known here."))


def _token(words: str) -> Found:
    header, document = map(_part, words.split(".")[:2])
    found = told_by(document)
    form = Form.SIGNED if found.form is Form.HOSTED else found.form
    return Found(form=form, document=document, token=words, header=header)


def _part(encoded: str) -> Document:
    try:
        content = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        raise Unreadable(_("It looks like a badge, and is damaged.")) from None
    return _parsed(content)
