"""How a code is passed on: by links that say where they were handed out, and QR codes of them."""

from io import BytesIO

import segno
from django.utils.encoding import iri_to_uri, uri_to_iri
from django.utils.html import format_html

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
    shown = format_html('<img src="{}" alt="" width="120"> ', image) if image else ""
    return format_html('<a href="{}">{}Claim the badge “{}”</a>', link(code, "embed"), shown, code.badge.name)


def qr_svg(code: ClaimCode) -> str:
    """The QR code of the link, to stand alone or within a page: black on white, whatever colours are around it."""
    out = BytesIO()
    plain = {"xmldecl": False, "svgclass": None, "lineclass": None, "nl": False}
    _qr(code).save(out, kind="svg", border=4, light="#fff", omitsize=True, **plain)
    return out.getvalue().decode()


def qr_png(code: ClaimCode) -> bytes:
    """The same, as a PNG of eight pixels for each of its squares."""
    out = BytesIO()
    _qr(code).save(out, kind="png", border=4, scale=8)
    return out.getvalue()


def _qr(code: ClaimCode) -> segno.QRCode:
    url = link(code, "qr")
    try:
        return segno.make_qr(url, error="m", boost_error=False)
    except segno.DataOverflowError:
        # With percent signs, hundreds of letters beyond ASCII are too many. Scanners read them as they are, too.
        return segno.make_qr(uri_to_iri(url), error="m", boost_error=False, encoding="utf-8")
