"""The fields in which learners show what they did."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.badgekit import evidence
from providers.badgekit.models import ClaimEvidence


class FilesInput(forms.FileInput):
    """Several files, of the kinds that are taken."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, none of which is judged yet."""

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[Any]"]:
        """A list, empty where no file was chosen."""
        one = super().clean
        return [one(each, initial) for each in data or ()]


class EvidenceForm(forms.Form):
    """A text, a link, and files; all of it may be missing unless it is `needed`."""

    text = forms.CharField(
        label=_("In your words"), required=False, max_length=evidence.LONGEST_TEXT, widget=forms.Textarea({"rows": 6})
    )
    link = forms.CharField(
        label=_("A link to it"),
        required=False,
        max_length=evidence.LONGEST_LINK,
        widget=forms.URLInput({"placeholder": "https://…"}),
    )
    about = forms.CharField(label=_("What the link shows"), required=False, max_length=evidence.LONGEST_ABOUT)
    file = FilesField(
        label=_("Files"),
        required=False,
        allow_empty_file=True,  # Which is refused by name.
        widget=FilesInput({"accept": ",".join(end for ends in evidence.EXTENSIONS.values() for end in ends)}),
        help_text=format_lazy(
            _("{taken} At most {megabytes} MB each."),
            taken=evidence.TAKEN,
            megabytes=evidence.MOST_FILE_BYTES // 1024**2,
        ),
    )

    def __init__(self, *args: Any, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needed = needed
        self._items: list[ClaimEvidence] = []

    def clean(self) -> None:
        """Judge each; whatever is refused is named beside its field."""
        told, self._items = self.cleaned_data, []
        if words := told.get("text", ""):
            self._add("text", partial(evidence.text, words))
        if url := told.get("link", ""):
            self._add("link", partial(evidence.link, url, told.get("about", "")))
        elif told.get("about", "") and "link" not in self.errors:
            self.add_error("link", gettext("The link is missing."))
        for each in told.get("file", ()):
            self._add("file", partial(evidence.file, each))
        if len(self._items) > evidence.MOST_ITEMS:
            numbers = {"most": evidence.MOST_ITEMS, "number": len(self._items)}
            words = gettext("At most %(most)d pieces of evidence are taken, and these are %(number)d.")
            self.add_error("file", words % numbers)
        if self.needed and not self._items and not self.errors:
            self.add_error(None, gettext("Show what you did: write a text, enter a link, or choose a file."))

    def items(self) -> list[ClaimEvidence]:
        """What was sent, checked and not stored; the form has to be valid."""
        return self._items

    def _add(self, field: str, make: Callable[[], ClaimEvidence]) -> None:
        try:
            self._items.append(make())
        except evidence.Refused as refused:
            self.add_error(field, str(refused))
