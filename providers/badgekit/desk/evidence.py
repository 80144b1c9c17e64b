"""The files that learners sent, for those who review or look: to be saved or shown as a picture, and never run."""

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from providers.badgekit.desk.base import desk
from providers.badgekit.desk.claims import claims_of
from providers.badgekit.members import Role
from providers.badgekit.models import ClaimEvidence, System

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_safe
@desk(Role.READER)
def serve(request: HttpRequest, system: System, claim: int, evidence: int) -> HttpResponseBase:
    """The file, of the type that we found it to be."""
    files = get_object_or_404(claims_of(system), pk=claim).evidence.filter(kind=ClaimEvidence.Kind.FILE)
    found = get_object_or_404(files, pk=evidence)
    try:
        content = found.file.open("rb")
    except (OSError, ValueError):  # Gone from the disk, or never on it.
        raise Http404 from None
    return FileResponse(
        content, as_attachment=True, filename=found.filename, content_type=found.media_type, headers=HEADERS
    )
