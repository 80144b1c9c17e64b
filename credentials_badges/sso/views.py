"""The two steps of signing in with an account of another site: going there, and coming back."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException
from social_core.exceptions import AuthProviderError, SocialAuthBaseException
from social_django.views import auth, complete

from credentials_badges.sso.finding import OTHERS, Refused

log = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, backend: str) -> HttpResponse:
    """Go there. A page sends the browser on, since the policy lets forms lead to us alone, and some sites send people
    on to others. Whoever has only followed a link, or changed the language here, sees the buttons again.
    """
    if backend not in settings.SIGN_IN_WITH or request.method != "POST":
        return HttpResponseRedirect(reverse("login"))
    try:
        there = auth(request, backend).url
    except (SocialAuthBaseException, RequestException) as error:
        return _failed(request, backend, error)
    response = render(request, "sso/leaving.html", {"there": there, "name": settings.SIGN_IN_WITH[backend]})
    response.headers["Refresh"] = f"0; url={there}"
    return response


@never_cache
@require_safe
def come_back(request: HttpRequest, backend: str) -> HttpResponse:
    """Sign in whoever comes back, and lead them to where they wanted to go here."""
    if backend not in settings.SIGN_IN_WITH:
        return HttpResponseRedirect(reverse("login"))
    try:
        response: HttpResponse = complete(request, backend)
    except Refused as refused:
        log.warning("somebody was not signed in by %s: they were refused", backend)
        return _not_signed_in(request, str(refused.words), status=403)
    except (SocialAuthBaseException, RequestException) as error:
        return _failed(request, backend, error)
    return response


def _failed(request: HttpRequest, backend: str, error: Exception) -> HttpResponse:
    """In words; what exactly was wrong is for the log, without what the other site said."""
    code = getattr(error, "code", "")
    log.warning("somebody was not signed in by %s: %s %s", backend, type(error).__name__, code)
    if code == "identity_in_use":
        return _not_signed_in(request, str(OTHERS), status=403)
    if isinstance(error, (AuthProviderError, RequestException)):
        words = _("%(name)s does not answer at present. Try again in a while.")
        return _not_signed_in(request, words % {"name": settings.SIGN_IN_WITH[backend]}, status=503)
    words = _("It was broken off, took too long, or was not begun in this browser. Try again.")
    return _not_signed_in(request, words, status=403)


def _not_signed_in(request: HttpRequest, words: str, status: int) -> HttpResponse:
    return render(request, "sso/not_signed_in.html", {"words": words}, status=status)
