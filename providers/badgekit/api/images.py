"""Pictures: how one is sent with a system, an issuer, a program or a badge, and how anybody looks at it.

Whoever may write to the store is not trusted with what a visitor's browser runs, so a picture is served in a way in
which it can run nothing. One that has been replaced stays, since badges that were given may still show it.
"""

import re
import secrets
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.encoding import iri_to_uri

from providers.badgekit.api import finding
from providers.badgekit.api.calls import Call, answer
from providers.badgekit.api.columns import Url, Wrong
from providers.badgekit.api.errors import detail, not_found
from providers.badgekit.api.routes import Route
from providers.badgekit.models import Image

NAMES = ("image", "imageUrl")
"""BadgeKit's documents have both."""
LARGEST = 2**20
"""In bytes."""
SVG = re.compile(
    rb"""(?:\xef\xbb\xbf)?+ \s*+
    (?: <\?xml [^>]*+ > \s*+ )?+
    (?: (?> <!-- .*? --> ) \s*+ )*+
    (?: <!DOCTYPE \s++ svg\b [^>\[]*+ (?: \[ [^\]]*+ \] \s*+ )?+ > \s*+ )?+
    (?: (?> <!-- .*? --> ) \s*+ )*+
    < (?:svg:)? svg [\s/>]""",
    re.DOTALL | re.VERBOSE,
)
"""What an SVG begins with. No part of the pattern is tried twice, so that no file takes long to judge."""
KINDS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/svg+xml": SVG,
}
"""The media types that are taken, each with what such a file begins with, whatever its sender calls it."""
SAFELY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Content-Disposition": "inline",
    "Cache-Control": "public, max-age=86400",
}
"""A picture never changes, but one that ought not to be here must be gone from caches in a day."""


def sent(
    call: Call, had: Image | None = None, *, required: bool = False
) -> tuple[dict[str, Image | None], list[dict[str, Any]]]:
    """The picture that was sent, not stored yet, under ``image``, and what is wrong with it.

    There is nothing if none was sent, or the one that is shown already; null takes it away.
    """
    file = next((call.files[name] for name in NAMES if name in call.files), None)
    # As in BadgeKit, an empty text is what a form sends where nothing was entered.
    value = next((call.fields[name] for name in NAMES if call.fields.get(name, "") != ""), "")
    if required and file is None and value in ("", None):
        return {}, [{"message": "Missing value", "field": "image"}]
    if file is None and (value == "" or (had and value == had.shown_at)):
        return {}, []
    if file is None and value is None:
        return {"image": None}, []
    try:
        return {"image": _uploaded(file) if file else Image(url=Url().read(value))}, []
    except Wrong as wrong:
        return {}, [detail("image", file.name if file else value, str(wrong))]


def _uploaded(file: "UploadedFile[Any]") -> Image:
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Wrong("Larger than 1 MiB")
    for mimetype, beginning in KINDS.items():
        if beginning.match(data):
            return Image(mimetype=mimetype, data=data)
    raise Wrong("Not a PNG, JPEG, GIF, WebP or SVG")


def store(image: Image | None) -> None:
    """Store a picture that was sent, under a name that nobody can guess; again, if a transaction is repeated."""
    if image:
        image.pk, image.slug = None, secrets.token_hex(16)
        image.save(force_insert=True)


def show(call: Call) -> HttpResponse:
    """The picture, or where it is."""
    slug = call.params["image"]
    image = Image.objects.filter(slug=finding.plain(slug)).first()
    if image and re.match("https?://", image.url, re.IGNORECASE):
        return answer({"location": image.url}, 301, {"Location": iri_to_uri(image.url)})
    if image is None or image.url or not image.data:
        raise not_found("image", "slug", slug)
    known = image.mimetype if image.mimetype in KINDS else "application/octet-stream"
    return HttpResponse(bytes(image.data), content_type=known, headers=SAFELY)


_TOLD = "The address of a picture; in multipart/form-data, this may be the file itself."
ALSO = tuple((name, {**Url.schema, "nullable": True, "description": _TOLD}) for name in NAMES)
"""How the OpenAPI description has a picture that is sent."""
ROUTES = (
    Route("GET", "/public/images/{image}", show, "Look at a picture", answers="ImageElsewhere", refusals=(301,)),
    Route("GET", "/images/{image}", show, "Look at a picture", answers="ImageElsewhere", refusals=(301,)),
)
