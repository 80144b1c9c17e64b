"""Badges in pictures: whoever has the file has the badge with it, and any checker of badges finds it there."""

from enum import StrEnum
from importlib.resources import files

from openbadgeslib import baking

from credentials_badges.badges import vouching
from credentials_badges.badges.models import BadgeTemplate
from credentials_badges.openbadges import pictures
from credentials_badges.openbadges.pictures import PNG, SVG, NoPicture

OURS = {
    "png": files("credentials_badges.openbadges") / "static/openbadges/badge.png",
    "svg": files("credentials_badges.badges") / "static/badges/icon.svg",
}
"""What stands for a badge that has no picture of the kind. The first was drawn from the second."""


class Standard(StrEnum):
    """Which Open Badges: they look for what was baked in places of their own."""

    OB2 = "2.0"
    OB3 = "3.0"


def bake(media_type: str, picture: bytes, said: str, *, standard: Standard) -> bytes:
    """The picture with a badge in it: the address of a hosted one, a token, or a document.

    Raises `NoPicture` for what is neither a PNG nor an SVG, whatever it is called.
    """
    if media_type == PNG:
        keyword = {Standard.OB2: baking.ITXT_KEYWORD, Standard.OB3: baking.ITXT_KEYWORD_OB3}[standard]
        return baking.bake_png(pictures.png(picture), said, keyword=keyword)
    if media_type != SVG:
        raise NoPicture("A badge can be baked into a PNG or an SVG only.")
    element, namespace = {
        Standard.OB2: (baking.SVG_ELEMENT, baking.SVG_NS),
        Standard.OB3: (baking.SVG_ELEMENT_OB3, baking.SVG_NS_OB3),
    }[standard]
    # A document does not go where a token does.
    is_document = said.lstrip().startswith("{")
    return baking.bake_svg(pictures.svg(picture), said, element=element, namespace=namespace, as_text=is_document)


def picture_of(template: BadgeTemplate, wanted: str, meant: int | None = None) -> bytes:
    """The badge's own picture, cleaned, if its store holds one of the kind, ``png`` or ``svg``; else ours."""
    cleaned = {"png": pictures.png, "svg": pictures.svg}[wanted]
    voucher = vouching.voucher_of(template.account.provider)
    held = voucher.picture(template, meant) if voucher else None
    if held:
        # What it is called is not looked at: its bytes tell.
        try:
            return cleaned(held[1])
        except NoPicture:
            pass
    return cleaned(OURS[wanted].read_bytes())
