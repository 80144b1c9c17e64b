"""What people are asked for: whom to ask, and what they say."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.addresses import is_address
from credentials_badges.endorsements import answering, tidying
from credentials_badges.endorsements.answering import Voice
from credentials_badges.endorsements.asking import MOST_AT_ONCE, Asked
from credentials_badges.endorsements.models import LONGEST_TEXT

LONGEST_NAME = 255
LONGEST_REASON = 500
LONGEST_LIST = 20_000
LONGEST_LINE = 600
LONGEST_URL = 500
PERSON = re.compile(r"(?P<name>.*?)[\s,;]*<?(?P<email>[^\s<>,;@]+@[^\s<>,;@]+)>?[\s,;]*")
NAMED = 5
"""Lines of a list of which it is told what is wrong with them."""


class AskForm(forms.Form):
    """Several people at once, and what is written to them."""

    people = forms.CharField(
        label=_("Whom do you ask?"),
        max_length=LONGEST_LIST,
        strip=False,  # Lines are counted from the first on.
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Rosa Roth <rosa@example.org>"}),
        help_text=_("One in each line: the name, and then the e-mail address. Each gets a mail of their own."),
    )
    message = forms.CharField(
        label=_("Your message"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Plain text. What is endorsed, and a link on which they answer, are added below."),
    )
    language = forms.ChoiceField(label=_("Language of the mail"), choices=lambda: settings.LANGUAGES)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"language": get_language() or settings.LANGUAGE_CODE}, **options})

    def clean_people(self) -> list[tuple[str, str]]:
        """Name and address of each, once; the first lines that are neither are told."""
        lines = [line.strip() for line in self.cleaned_data["people"].splitlines()]
        told: dict[str, tuple[str, str]] = {}
        wrong = []
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            name, email, why = _read(line)
            if why:
                wrong.append(gettext("Line %(number)d: %(why)s") % {"number": number, "why": why})
            told.setdefault(email.lower(), (name, email))
        if wrong:
            raise ValidationError([ValidationError(words) for words in wrong[:NAMED]])
        if not told:
            raise ValidationError(gettext("Enter at least one name and address."))
        if len(told) > MOST_AT_ONCE:
            numbers = {"most": MOST_AT_ONCE, "number": len(told)}
            raise ValidationError(
                gettext("At most %(most)d people can be asked at once: these are %(number)d.") % numbers
            )
        return list(told.values())

    def clean_message(self) -> str:
        """Plain text."""
        return tidying.text(self.cleaned_data["message"])

    @property
    def asked(self) -> list[Asked]:
        """Whom to ask; the form has to be valid."""
        language = self.cleaned_data["language"]
        return [Asked(name=name, email=email, language=language) for name, email in self.cleaned_data["people"]]


def _read(line: str) -> tuple[str, str, str]:
    """Name and address, and what is wrong with them."""
    found = PERSON.fullmatch(line) if len(line) <= LONGEST_LINE else None
    if not found or not is_address(found["email"]):
        return "", line, gettext("There is no valid e-mail address.")
    name, email = tidying.line(found["name"].strip("\"'“”„, ")), found["email"]
    if not name:
        return "", email, gettext("The name is missing. Write it before the address.")
    if len(name) > LONGEST_NAME:
        return name, email, gettext("The name is too long.")
    return name, email, ""


class AcceptForm(forms.Form):
    """In whose name it is said, and what."""

    in_name_of = forms.CharField(
        label=_("In the name of"),
        required=False,  # Unless no organisation is chosen.
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("You, or the organisation for which you speak. It is shown to everybody."),
    )
    url = forms.CharField(
        label=_("Website (optional)"),
        required=False,
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://…", "autocomplete": "url"}),
        help_text=_("The name leads there."),
    )
    text = forms.CharField(
        label=_("Your public endorsement"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Everybody can read it. Markdown works: **bold**, *emphasis*, lists and [links](https://…)."),
    )

    def __init__(self, voices: Sequence[Voice], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.voices = {":".join(voice.pair): voice for voice in voices}
        if voices:
            choices = [(key, voice.name) for key, voice in self.voices.items()]
            self.fields["voice"] = forms.ChoiceField(
                label=_("On behalf of"),
                required=False,
                choices=[("", gettext("Somebody else, as written below")), *choices],
                help_text=_("If you choose an organisation here, its name is shown, and not the one below."),
            )

    def clean_in_name_of(self) -> str:
        """A name of one line."""
        return tidying.line(self.cleaned_data["in_name_of"])

    def clean_url(self) -> str:
        """An address of the web, if anything."""
        url: str = self.cleaned_data["url"]
        if url and "://" not in url and re.fullmatch(r"[\w.-]+\.\w{2,}(/\S*)?", url):
            url = f"https://{url}"
        if url and not answering.is_shown(url):
            raise ValidationError(gettext("Enter an address that begins with https:// or http://."))
        return url

    def clean_text(self) -> str:
        """What is left of it, as Markdown."""
        if text := tidying.text(self.cleaned_data["text"]):
            return text
        raise ValidationError(gettext("Write at least a few words."))

    def clean(self) -> None:
        """Somebody has to be named; an organisation, by whoever may still speak for it."""
        if self.data.get("voice") and "voice" not in self.fields:
            words = gettext("You are not signed in any more, or do not work for that organisation. Choose anew.")
            raise ValidationError(words)
        if "in_name_of" not in self.errors and not (self.cleaned_data.get("voice") or self.cleaned_data["in_name_of"]):
            self.add_error("in_name_of", gettext("Say in whose name you endorse it."))

    @property
    def spoken_for(self) -> Voice | None:
        """The organisation here that was chosen, if one was."""
        return self.voices.get(self.cleaned_data.get("voice", ""))

    @property
    def name(self) -> str:
        """In whose name it is said."""
        return self.spoken_for.name if self.spoken_for else self.cleaned_data["in_name_of"]


class ReasonForm(forms.Form):
    """Why not, if they like to say so."""

    reason = forms.CharField(
        label=_("Reason (optional)"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only whoever asked reads it."),
    )

    def clean_reason(self) -> str:
        """Plain text."""
        return tidying.text(self.cleaned_data["reason"])


class RevokeForm(ReasonForm):
    """That, and a tick, since it cannot be undone."""

    sure = forms.BooleanField(
        label=_("Yes, I revoke my endorsement. It is no longer shown, and that cannot be undone."),
        error_messages={"required": _("Tick this if you are sure.")},
    )
