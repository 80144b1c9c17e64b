"""Bodies that are larger than any that is taken, which Django would first read whole and put on the disk."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat

from providers.badgekit import evidence

MOST_BYTES = evidence.MOST_ITEMS * evidence.MOST_FILE_BYTES + 2**20
"""Where evidence is taken: all that a claim may have, and the rest of its form."""
MOST_BYTES_ELSEWHERE = 10 * 2**20
"""Twice of what Django takes of anything but files; files are small elsewhere."""
TAKE_EVIDENCE = ("/claim/", "/claims/", "/api/v1/claims/")
"""How the paths begin that take evidence."""


class LargeRequests:
    """Middleware that answers by the announced length, before anything is read.

    Bodies without a length are bounded where their chunks are put together.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what is small enough."""
        told = request.META.get("CONTENT_LENGTH") or "0"
        if not re.fullmatch("[0-9]{1,30}", told):
            return _plain("The Content-Length is no number.", 400)
        most = MOST_BYTES if request.path_info.startswith(TAKE_EVIDENCE) else MOST_BYTES_ELSEWHERE
        if int(told) > most:
            size, limit = filesizeformat(int(told)), filesizeformat(most)
            return _plain(f"The request has {size}; at most {limit} are taken here. Send less at once.", 413)
        return self.get_response(request)


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(f"{words}\n", content_type="text/plain; charset=utf-8", status=status)
