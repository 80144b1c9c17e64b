"""What every answer tells browsers: from where a page loads what, who shows it within theirs, and what it may use.

No page of ours has a script or a style of its own, so none that somebody smuggles in is run.
"""

from collections.abc import Callable

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponse

NETWORKS = ("https://x.com", "https://www.facebook.com", "https://www.linkedin.com")
"""Where the buttons lead that share something: browsers look also at where a form is led on to."""
UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")


def policy(*, is_https: bool) -> dict[str, object]:
    """The Content-Security-Policy, as django-csp takes it. Badges' pictures are at providers, wherever these keep them.

    Over plain http, as in the demonstration, sandbox providers do not have https either.
    """
    pictures = [SELF, "data:", "https:"] if is_https else [SELF, "data:", "https:", "http:"]
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF],
            "style-src": [SELF],
            "font-src": [SELF],
            "connect-src": [SELF],
            "img-src": pictures,
            "object-src": [NONE],
            "base-uri": [NONE],
            "form-action": [SELF, *NETWORKS],
            "frame-ancestors": [NONE],
        }
    }


class PermissionsPolicy:
    """Middleware that says which abilities of a browser no page of ours uses, so that nothing in one can."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.value = ", ".join(f"{ability}=()" for ability in UNUSED)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, and add it."""
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = self.value
        return response
