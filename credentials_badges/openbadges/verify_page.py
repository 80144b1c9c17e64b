"""Where anybody checks a badge of anybody: a file, a text or an address is put in, and told of is what holds.

Nothing of it is kept. What it refers to is fetched, so each network may do so only so often.
"""

from math import ceil
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials_badges.badges import limiting
from credentials_badges.badges.origins import network
from credentials_badges.contract.errors import RateLimited
from credentials_badges.http import Pace
from credentials_badges.openbadges.checking import looking, reading
from credentials_badges.openbadges.checking.fetching import Fetcher
from credentials_badges.openbadges.checking.reading import Unreadable

PAGE = "openbadges/verify.html"
BY_NETWORK = (Pace(calls=20, seconds=300), Pace(calls=300, seconds=24 * 3600))


class BadgeForm(forms.Form):
    """A badge in one way or another; of two, it is the file, since the text may still be there from before."""

    file = forms.FileField(
        label=_("The badge as a file"),
        required=False,
        help_text=_("A picture (PNG or SVG) that holds a badge, or a file that ends in .json or .jwt; 1 MB at most."),
        widget=forms.FileInput(attrs={"accept": ".png,.svg,.json,.jsonld,.jwt,.txt"}),
    )
    text = forms.CharField(
        label=_("Or its text, or its address"),
        required=False,
        max_length=reading.MOST_BYTES_OF_BADGE,
        help_text=_("What is in such a file, or an address that begins with https://. A file goes first."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off", "maxlength": None}),
    )
    email = forms.EmailField(
        label=_("The earner’s e-mail address, if you know it"),
        required=False,
        max_length=254,
        help_text=_("It is only compared with the one in the badge; it is neither kept nor passed on."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """There has to be one."""
        told: dict[str, Any] = super().clean() or {}
        file = told.get("file")
        if file and file.size > reading.MOST_BYTES:
            self.add_error("file", gettext("It is too large for a badge: at most 1 MB is looked at."))
        elif not (file or told.get("text") or self.errors):
            raise forms.ValidationError(gettext("Choose a file, or enter a text or an address."))
        return told

    def content(self) -> bytes:
        """The badge, once the form is valid."""
        file = self.cleaned_data["file"]
        return file.read(reading.MOST_BYTES + 1) if file else str(self.cleaned_data["text"]).encode()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """A form, and what holds of the badge that was put into it."""
    if request.method != "POST":
        return _show(request, {"form": BadgeForm()})
    form = BadgeForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, {"form": form})
    try:
        for name, pace in limiting.hidden("verification from", network(request), BY_NETWORK):
            limiting.take_turn(name, pace)
    except RateLimited as limited:
        wait = ceil(limited.after or 0)
        response = _show(request, {"form": form, "minutes": ceil(wait / 60) or 1}, status=429)
        response["Retry-After"] = str(wait)
        return response
    try:
        found = looking.look(form.content(), form.cleaned_data["email"], Fetcher(), timezone.now())
    except Unreadable as unreadable:
        return _show(request, {"form": form, "unreadable": str(unreadable)})
    told = {"found": found, "page": looking.page_of(found), "now": timezone.now()}
    return _show(request, {"form": form, **told})


def _show(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, PAGE, context, status=status)
    response["Referrer-Policy"] = "same-origin"
    return response
