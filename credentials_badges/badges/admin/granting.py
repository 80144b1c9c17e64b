"""Badges given by hand: who would get one is shown before it is done, and it needs a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from credentials_badges.badges import award_list, granting
from credentials_badges.badges.award_list import Candidate, Row
from credentials_badges.badges.csv_file import Unreadable
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Badge, BadgeTemplate, Learner

REASON_LENGTH = 1_000
OPEN_SECONDS = 24 * 3600
"""How long a page that asks for confirmation can be confirmed."""


class AwardForm(forms.Form):
    """Who is to get a badge, and why; once it is valid, `rows` are what it names."""

    learners = forms.CharField(
        required=False,
        strip=False,  # Else its lines would have other numbers.
        label=gettext_lazy("Learners"),
        help_text=gettext_lazy("Usernames or addresses, one a line."),
        widget=forms.Textarea(attrs={"rows": 8, "cols": 60}),
    )
    file = forms.FileField(
        required=False,
        label=gettext_lazy("Or a CSV file"),
        help_text=format_lazy(
            gettext_lazy(
                "Its first line names the columns: username, email and name, of which the username or the email may be "
                "left out. A username that nobody has, with an address, makes a new learner. At most {rows} rows and "
                "{megabytes} MB."
            ),
            rows=f"{award_list.MOST_ROWS:,}",
            megabytes=award_list.MOST_BYTES // 1_000_000,
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("The learners see it with their badges. The provider is not told."),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )
    rows: Sequence[Row] = ()

    def clean(self) -> dict[str, Any]:
        """Read what was given: either the one or the other."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if {"learners", "file"} & set(self.errors):
            return told
        text, file = told["learners"], told["file"]
        if bool(text.strip()) == bool(file):
            raise forms.ValidationError(_("Name the learners here or in a file, the one or the other."))
        try:
            self.rows = _read_file(file) if file else award_list.read_lines(text)
        except Unreadable as error:
            self.add_error("file" if file else "learners", str(error))
        return told


def _read_file(file: "UploadedFile[Any]") -> list[Row]:
    return award_list.read(file.read(award_list.MOST_BYTES + 1))


@dataclass(frozen=True)
class Prospect:
    """A row of a list, and what would come of it now."""

    candidate: Candidate
    refusal: str

    @property
    def error(self) -> str:
        """Why the row is left out, unless that is because the learner holds the badge."""
        return self.candidate.row.error or (self.refusal if self.refusal != _(granting.HELD) else "")

    @property
    def is_good(self) -> bool:
        """Whether it leads to a badge."""
        return not self.candidate.row.error and not self.refusal

    @property
    def is_new(self) -> bool:
        """Whether a learner is made for it."""
        return self.is_good and self.candidate.learner is not None and self.candidate.learner.pk is None

    @property
    def outcome(self) -> str:
        """In words."""
        if self.is_new:
            return _("will be made as a new learner, and gets the badge")
        return _("gets the badge") if self.is_good else self.error or _("holds it already")


ANOTHER = gettext_lazy("Since the preview was shown, this has come to name another learner: look at it anew.")


def _whom(prospect: Prospect) -> int:
    """The id of whom the row names; 0 for somebody new, or nobody."""
    learner = prospect.candidate.learner
    return (learner and learner.pk) or 0


class AwardedMeanwhile(Exception):
    """Since the preview was shown, its user has given this badge: perhaps to the same learners, by a second click."""


def prospects(template: BadgeTemplate, rows: Sequence[Row]) -> list[Prospect]:
    """What would come of each row; nothing is stored, and the statements do not become more with the rows."""
    candidates = award_list.find(rows)
    ids = {
        candidate.row.line: candidate.learner.pk or -candidate.row.line for candidate in candidates if candidate.learner
    }
    refusals = granting.refusals(template, ids.values())
    return [Prospect(each, refusals.get(ids.get(each.row.line, 0), "")) for each in candidates]


def award(
    template: BadgeTemplate, rows: Sequence[Row], *, by: Learner, told: Mapping[str, Any], now: datetime
) -> tuple[list[Prospect], int]:
    """Give the badge to those whom the preview showed; returns what came of each row, and how many got it.

    Raises AwardedMeanwhile if `by` has given one since.
    """
    seen = [
        each if _whom(each) == told["shown"][number] or not each.is_good else replace(each, refusal=str(ANOTHER))
        for number, each in enumerate(prospects(template, rows))
    ]
    learners = award_list.store(prospect.candidate for prospect in seen if prospect.is_good)
    refused = granting.grant(template, learners, by=by, reason=told["reason"], now=now)
    # Whoever does the same at the same time waits for the locks above, and finds these badges here.
    if _given(template, by).filter(pk__gt=told["newest"]).exclude(awarded_at=now).exists():
        raise AwardedMeanwhile
    return seen, len(learners) - len(refused)


def _given(template: BadgeTemplate, by: Learner) -> QuerySet[Badge]:
    return Badge.objects.filter(template=template.pk, granted_by=by)


class Granting(admin.ModelAdmin):  # type: ignore[type-arg]
    """Gives badges from the page of their template."""

    def get_urls(self) -> list[URLPattern]:
        """With the page for it."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_award"
        award_page = path("<path:object_id>/award/", self.admin_site.admin_view(self.award_view), name=name)
        return [award_page, *super().get_urls()]

    def award_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask who and why, show what would come of it, do it."""
        template = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, template):
            raise PermissionDenied
        if template is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if "confirmed" in request.POST:
            return self._give(request, template)
        form = AwardForm(request.POST or None, request.FILES or None)
        if not form.is_valid():
            return self._page(request, template, "award_form.html", form=form)
        return self._preview(request, template, form.rows, form.cleaned_data["reason"])

    def _preview(
        self, request: HttpRequest, template: BadgeTemplate, rows: Sequence[Row], reason: str
    ) -> TemplateResponse:
        newest = _given(template, user_of(request)).order_by("-pk").values_list("pk", flat=True).first() or 0
        seen = prospects(template, rows)
        shown = [_whom(each) for each in seen]
        told = {"rows": [_said(row) for row in rows], "shown": shown, "reason": reason, "newest": newest}
        return self._page(
            request,
            template,
            "award_preview.html",
            reason=reason,
            prospects=seen,
            confirmed=signing.dumps(told, salt=salt_of(request, "award", template), compress=True),
            **_counts(seen),
        )

    def _give(self, request: HttpRequest, template: BadgeTemplate) -> HttpResponse:
        salt = salt_of(request, "award", template)
        try:
            told = signing.loads(request.POST["confirmed"], salt=salt, max_age=OPEN_SECONDS)
        except signing.BadSignature:
            old = _("That preview was of something else, or is too old. Nothing was done: begin anew.")
            messages.error(request, old)
            return HttpResponseRedirect(request.path)
        rows, reason = [Row(**row) for row in told["rows"]], told["reason"]

        def do() -> tuple[list[Prospect], int]:
            now = timezone.now()
            seen, number = award(template, rows, by=user_of(request), told=told, now=now)
            if number:
                self.log_change(request, template, f"Given by hand to {number} {_learners(number)}: {reason}")
            return seen, number

        try:
            seen, number = in_transaction(do, again_on=IntegrityError)
        except AwardedMeanwhile:
            since = _("You have given this badge since this preview was shown. This is how things stand now.")
            messages.warning(request, since)
            return self._preview(request, template, rows, reason)
        new = _counts(seen)["new"]
        if number:
            messages.success(request, _given_in_words(number, new))
        if left := len(rows) - number:
            why = _("Left out, because of an error or because they hold it already: %(count)d.")
            messages.warning(request, why % {"count": left})
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=(template.pk,)))

    def _page(self, request: HttpRequest, template: BadgeTemplate, name: str, **context: Any) -> TemplateResponse:
        return show(
            self, request, name, original=template, title=_("Give this badge"), subtitle=str(template), **context
        )


def show(pages: Any, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
    """A page about badges given or taken back by hand, among those of the admin."""
    request.current_app = pages.admin_site.name
    own = {**pages.admin_site.each_context(request), "opts": pages.opts, "media": pages.media, **context}
    return TemplateResponse(request, f"admin/badges/{name}", own)


def user_of(request: HttpRequest) -> Learner:
    """Who decides."""
    return cast("Learner", request.user)


def salt_of(request: HttpRequest, deed: str, of: BadgeTemplate | str) -> str:
    """Only whoever was asked can confirm, and only this deed."""
    return f"badges.{deed}:{of.pk if isinstance(of, BadgeTemplate) else of}:{request.user.pk}"


def _said(row: Row) -> dict[str, Any]:
    """The row without what is empty, to be sent to the browser and back."""
    return {name: value for name, value in asdict(row).items() if value}


def _counts(seen: Sequence[Prospect]) -> dict[str, int]:
    return {
        "good": sum(prospect.is_good for prospect in seen),
        "new": sum(prospect.is_new for prospect in seen),
        "wrong": sum(bool(prospect.error) for prospect in seen),
        "holding": sum(not prospect.is_good and not prospect.error for prospect in seen),
    }


def _learners(number: int) -> str:
    """For the trail."""
    return "learner" if number == 1 else "learners"


def _given_in_words(number: int, new: int) -> str:
    if new:
        said = ngettext(
            "Given to %(number)d learner, %(new)d of them new.",
            "Given to %(number)d learners, %(new)d of them new.",
            number,
        )
    else:
        said = ngettext("Given to %(number)d learner.", "Given to %(number)d learners.", number)
    return said % {"number": number, "new": new}
