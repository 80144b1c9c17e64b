"""Pictures of badges that hold the badge itself: whoever has the picture can check it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from credentials_badges.openbadges import answers, attaching, baking, documents, holding
from credentials_badges.openbadges.baking import Standard

TYPES = {"png": "image/png", "svg": "image/svg+xml"}


@answers.document(answers.FOUND_ANEW)
def assertion(request: HttpRequest, uuid: UUID, kind: str) -> HttpResponse:
    """With the address of the assertion in it, as Open Badges 2.0 has hosted ones."""
    return _baked(request, uuid, kind, Standard.OB2)


@answers.document(answers.FOUND_ANEW)
def credential(request: HttpRequest, uuid: UUID, kind: str) -> HttpResponse:
    """With the signed credential in it, as a token."""
    return _baked(request, uuid, kind, Standard.OB3)


def _baked(request: HttpRequest, uuid: UUID, kind: str, standard: Standard) -> HttpResponse:
    held = holding.find(uuid)
    if kind not in TYPES or held is None:
        return answers.missing("there is no such picture, or the badge was not given here")
    if held.is_gone:
        return HttpResponse("the badge was taken back", status=410, content_type="text/plain")
    if held.given is None:
        return answers.missing("whoever earned the badge has not accepted it yet")
    said = attaching.token(held) if standard is Standard.OB3 else documents.assertion_address(held.badge)
    picture = baking.bake(
        TYPES[kind], baking.picture_of(held.badge.template, kind, held.given.meant), said, standard=standard
    )
    response = HttpResponse(picture, content_type=TYPES[kind])
    # A picture of the web may be opened by itself, and must run nothing then, whoever has drawn it.
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answers.as_file(request, response, f"badge.{kind}")
