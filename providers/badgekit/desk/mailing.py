"""Pages on which an organiser mails codes to a list of people, after a look at what will be sent, and to whom."""

from typing import Any

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from credentials_badges.badges.csv_file import Unreadable
from providers.badgekit import code_list, invitations
from providers.badgekit.batches import UNPRINTABLE, UNPRINTABLE_IN_TEXT
from providers.badgekit.desk import printing, sharing
from providers.badgekit.desk.base import desk, show
from providers.badgekit.invitations import Guest, Letter, Plan
from providers.badgekit.members import Role
from providers.badgekit.models import Batch, ClaimCode, System

MOST_BYTES = 1_000_000
LONGEST_SUBJECT = 200
NAMED = 20
"""Addresses that a message names of those who were left out; the page before has named more."""
LISTED = 200
"""Lines that the page names."""
SHOWS_MAIL = csp_update({"style-src": UNSAFE_INLINE})
"""Mails have their styles within themselves. The frame in which the page shows one runs nothing and leads nowhere."""


class MailForm(forms.Form):
    """A list of people, and what is written to them."""

    addresses = forms.CharField(
        label=_("Addresses"),
        required=False,
        strip=False,  # Lines are counted from the first on.
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One in each line; or a table whose first line is “email,name”."),
    )
    file = forms.FileField(required=False, label=_("Or a file with them"), help_text=_("CSV or text, of up to 1 MB."))
    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT)
    message = forms.CharField(
        label=_("Message"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Plain text. The badge, the code and its link are added below."),
    )

    def __init__(self, giving: Batch | ClaimCode, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.giving = giving
        self.guests: list[Guest] = []

    def clean_subject(self) -> str:
        """Refuse what would make several lines of it."""
        return _printable(self.cleaned_data["subject"], UNPRINTABLE)

    def clean_message(self) -> str:
        """Refuse what no mail can hold."""
        return _printable(self.cleaned_data["message"].replace("\r", ""), UNPRINTABLE_IN_TEXT)

    def clean(self) -> None:
        """Read the list, wherever it stands."""
        if {"addresses", "file"} & self.errors.keys():
            return
        text, file = self.cleaned_data["addresses"], self.cleaned_data["file"]
        if text and file:
            raise ValidationError(gettext("Enter the addresses, or choose a file: not both."))
        if file and file.size > MOST_BYTES:
            raise ValidationError({"file": gettext("It is larger than 1 MB: split it.")})
        try:
            text = code_list.decoded(file.read()) if file else text
            self.guests = invitations.read(text, self.giving)
        except Unreadable as error:
            raise ValidationError({"file" if file else "addresses": str(error)}) from None
        self.cleaned_data["addresses"] = text

    @property
    def good(self) -> list[Guest]:
        """Those with whom nothing is wrong."""
        return [guest for guest in self.guests if not guest.error]

    @property
    def letter(self) -> Letter:
        """What is written to each."""
        return Letter(self.cleaned_data["subject"], self.cleaned_data["message"])


def _printable(text: str, pattern: Any) -> str:
    if pattern.search(text):
        raise ValidationError(gettext("It holds a character that cannot be printed, such as a line break or a NUL."))
    return text


@require_http_methods(["GET", "HEAD", "POST"])
@SHOWS_MAIL
@desk(Role.OWNER)
def mail_batch(request: HttpRequest, system: System, batch: int) -> HttpResponse:
    """Mail each of the people a code of their own."""
    return _mail(request, system, printing.find(system, batch))


@require_http_methods(["GET", "HEAD", "POST"])
@SHOWS_MAIL
@desk(Role.OWNER)
def mail_code(request: HttpRequest, system: System, code: int) -> HttpResponse:
    """Mail all of them the same code, which many can claim."""
    found = sharing.find(system, code)
    if not found.multiuse:
        raise Http404
    return _mail(request, system, found)


def _mail(request: HttpRequest, system: System, giving: Batch | ClaimCode) -> HttpResponse:
    if request.method != "POST":
        subject = (gettext("A badge for you: %(badge)s") % {"badge": giving.badge})[:LONGEST_SUBJECT]
        return _page(request, system, giving, MailForm(giving, initial={"subject": subject}))
    form = MailForm(giving, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, system, giving, form, status=400)
    if "send" in request.POST:
        try:
            sent = invitations.send(giving, form.good, form.letter)
        except invitations.TooFew:
            pass  # Others have taken some since the page was made; the next one says so.
        else:
            _tell(request, sent)
            return HttpResponseRedirect(request.path)
    return _page(request, system, giving, form, invitations.plan(giving, form.good))


def _tell(request: HttpRequest, sent: Plan) -> None:
    """Say what has come of it."""
    if sent.given:
        numbers = {"number": f"{len(sent.given):,}", "pace": f"{settings.MAILS_PER_MINUTE:,}"}
        words = gettext("Mails written: %(number)s. They leave one after the other, %(pace)s of them a minute.")
        messages.success(request, words % numbers)
    if sent.had:
        named = ", ".join(guest.email for guest in sent.had[:NAMED])
        if len(sent.had) > NAMED:
            named = gettext("%(addresses)s and %(number)s more") % {
                "addresses": named,
                "number": f"{len(sent.had) - NAMED:,}",
            }
        words = gettext("Left out, since they have been sent one before: %(addresses)s.")
        messages.warning(request, words % {"addresses": named})


def _page(
    request: HttpRequest,
    system: System,
    giving: Batch | ClaimCode,
    form: MailForm,
    planned: Plan | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    known: dict[str, Any] = {
        "code": giving if isinstance(giving, ClaimCode) else None,
        "batch": giving if isinstance(giving, Batch) else None,
        "badge": giving.badge,
        "form": form,
        "wrong": [guest for guest in form.guests if guest.error],
        "listed": f":{LISTED}",
        "most": LISTED,
        "plan": planned,
    }
    if planned:
        form.data = form.cleaned_data  # With what a file held: its second step sends no file.
    if planned and planned.given and not planned.missing:
        known["mail"] = invitations.write(giving.badge, *planned.given[0], form.letter)
    return show(request, "mail.html", system, known, status=status)
