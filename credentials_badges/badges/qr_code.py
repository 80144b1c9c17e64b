"""QR codes of addresses, black on white whatever colours are around them."""

from io import BytesIO

import segno
from django.utils.encoding import uri_to_iri

PLAIN = {"xmldecl": False, "svgclass": None, "lineclass": None, "nl": False}


def make(url: str) -> segno.QRCode:
    """The code; the same each time."""
    try:
        return segno.make_qr(url, error="m", boost_error=False)
    except segno.DataOverflowError:
        # With percent signs, hundreds of letters beyond ASCII are too many. Scanners read them as they are, too.
        return segno.make_qr(uri_to_iri(url), error="m", boost_error=False, encoding="utf-8")


def svg(url: str) -> str:
    """To stand alone or within a page."""
    out = BytesIO()
    make(url).save(out, kind="svg", border=4, light="#fff", omitsize=True, **PLAIN)
    return out.getvalue().decode()


def png(url: str) -> bytes:
    """Of eight pixels for each of its squares."""
    out = BytesIO()
    make(url).save(out, kind="png", border=4, scale=8)
    return out.getvalue()
