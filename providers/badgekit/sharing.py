"""How a code is passed on: by links that say where they were handed out, and QR codes of them."""

from django.utils.encoding import iri_to_uri
from django.utils.html import format_html
from django.utils.translation import gettext as _

from credentials_badges.badges import qr_code
from providers.badgekit import receipts
from providers.badgekit.models import ClaimCode, Image


def link(code: ClaimCode, source: str) -> str:
    """The public address at which the code is claimed; `source` is one of `visiting.SOURCES`."""
    return f"{receipts.public(receipts.claim_path(code.code))}?from={source}"


def picture(image: Image | None) -> str:
    """The picture's whole address, for whoever looks at it elsewhere; empty without one that a browser may fetch."""
    url = image.shown_at if image else ""
    if url.startswith("/images/"):
        url = receipts.public(url)
    return iri_to_uri(url) if url.startswith(("https://", "http://")) else ""


def embed(code: ClaimCode) -> str:
    """HTML with which any site leads to the code: the badge's picture and name in a link, and no script."""
    image = picture(code.badge.image)
    words = _("Claim the badge “%(badge)s”") % {"badge": code.badge.name}
    shown = format_html('<img src="{}" alt="" width="120"> ', image) if image else ""
    return format_html('<a href="{}">{}{}</a>', link(code, "embed"), shown, words)


def qr_svg(code: ClaimCode) -> str:
    """The QR code of the link, to stand alone or within a page."""
    return qr_code.svg(link(code, "qr"))


def qr_png(code: ClaimCode) -> bytes:
    """The same, in pixels."""
    return qr_code.png(link(code, "qr"))
