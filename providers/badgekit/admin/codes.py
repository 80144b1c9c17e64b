"""Pages of claim codes, and of the badges that people hold."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import actions
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.admin.base import ReadOnlyAdmin
from credentials_badges.badges.models import Learner
from providers.badgekit import claims, receipts
from providers.badgekit.admin.stored import StoredAdmin, gone
from providers.badgekit.batches import TERMS
from providers.badgekit.codes import random_code
from providers.badgekit.models import BadgeInstance, Batch, ClaimCode, CodeVisits


class DeletedFilter(admin.SimpleListFilter):
    """Whether codes can be found by the API; unless asked otherwise, only these are listed."""

    title = pgettext_lazy("codes", "deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What can be asked for besides."""
        return [("yes", gettext("Yes")), ("all", pgettext("codes", "All"))]

    def choices(self, changelist: ChangeList) -> Any:
        """In place of Django's “All”, what is listed if nothing is said."""
        for number, choice in enumerate(super().choices(changelist)):
            yield choice if number else {**choice, "display": gettext("No")}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The codes."""
        return queryset if self.value() == "all" else queryset.filter(deleted_at__isnull=self.value() != "yes")


class ClaimCodeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A code of somebody's choice, or one that nobody can guess."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:  # Once it has been made, it is only shown.
            self.fields["code"].required = False
            self.fields["code"].help_text = gettext("Left empty, one is made up that nobody can guess.")
        for name in {"status", "evidence"} & self.fields.keys():
            self.fields[name].required = False

    def clean_code(self) -> str:
        """Make one up where none is said."""
        return self.cleaned_data["code"] or random_code()

    def clean_status(self) -> str:
        """As it is, unless another is chosen."""
        return str(self.cleaned_data["status"] or self.instance.status)

    def clean_evidence(self) -> str:
        """As it is, unless something else is chosen."""
        return str(self.cleaned_data["evidence"] or self.instance.evidence)


@admin.register(ClaimCode)
class ClaimCodeAdmin(StoredAdmin):
    """Claim codes. Of one that exists, only its terms can be changed."""

    form = ClaimCodeForm
    list_display = ("code", "badge", "label", "state", "email", "multiuse", "limit", "uses", "claimed", "is_reserved")
    list_filter = (DeletedFilter, "status", "claimed", "multiuse", ("badge__system", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("badge",)
    search_fields = ("code", "label", "handed_out_to", "email", "recipient_id", "badge__name", "badge__slug")
    autocomplete_fields = ("badge",)
    asked = ("badge", "code", *TERMS)
    known = (
        *("badge", "code", "address", "for_whom", "state", "email", "claimed", "uses", "batch", "made_by", "made_at"),
        *("expires", "cancelled_at", "deleted_at"),
    )

    def get_fields(self, request: HttpRequest, obj: ClaimCode | None = None) -> Any:
        """Of a new one, what can be chosen; of another, all."""
        return [*self.known[:3], *TERMS, *self.known[3:]] if obj else self.asked

    def get_readonly_fields(self, request: HttpRequest, obj: ClaimCode | None = None) -> Any:
        """What learners have been told, and what they did, stays; so does all of a code that waits for one of them."""
        if obj is None:
            return ()
        return (*self.known, *TERMS) if obj.reservation else self.known

    def save_model(self, request: HttpRequest, obj: ClaimCode, form: Any, change: bool) -> None:
        """Of one that exists, only its terms: it may have been claimed since it was read."""
        obj.save(update_fields=TERMS if change else None)

    def has_change_permission(self, request: HttpRequest, obj: ClaimCode | None = None) -> bool:
        """Not of a deleted one."""
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: ClaimCode | None = None) -> bool:
        """Not of a reserved code: revoking the learner's badge cancels it."""
        return super().has_delete_permission(request, obj) and not (obj and (obj.reservation or obj.deleted_at))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """These codes, of which the reserved ones are protected."""
        return gone(self, objs, [code for code in objs if code.reservation])

    def delete_model(self, request: HttpRequest, obj: ClaimCode) -> None:
        """As the API does: what the code gave before stays."""
        claims.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ClaimCode]) -> None:
        """Each so; one that was reserved meanwhile is left alone."""
        for code in queryset.filter(reservation=None).select_related("badge__system"):
            claims.delete(code)

    @admin.display(boolean=True, description=pgettext_lazy("code", "Reserved"))
    def is_reserved(self, code: ClaimCode) -> bool:
        """Whether it is kept for a learner."""
        return bool(code.reservation)

    @admin.display(description=_("State"))
    def state(self, code: ClaimCode) -> str:
        """What can be done with it now."""
        return str(code.state.label)

    @admin.display(description=_("Claim address"))
    def address(self, code: ClaimCode) -> str:
        """The page on which it is claimed."""
        url = receipts.public(receipts.claim_path(code.code))
        return format_html('<a href="{}" rel="noreferrer">{}</a>', url, url)

    @admin.display(description=_("For whom"))
    def for_whom(self, code: ClaimCode) -> str:
        """The learner for whom it is kept, with a link."""
        if not code.recipient_id:
            return gettext("Anybody")
        try:
            learner = Learner.objects.filter(uuid=UUID(code.recipient_id)).first()
        except ValueError:
            learner = None
        if learner is None:
            return gettext("Somebody who is not known any more (%(id)s)") % {"id": code.recipient_id}
        page = reverse("admin:badges_learner_change", args=(learner.pk,))
        return format_html('<a href="{}">{}</a>', page, learner)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Codes that were made at once; they are made at the desk."""

    fields = ("label", "badge", "made_by", "made_at")
    list_display = ("label", "badge", "made_by", "made_at")
    list_filter = (("badge__system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("badge", "made_by")
    search_fields = ("label", "badge__name", "badge__slug")


@admin.register(CodeVisits)
class CodeVisitsAdmin(ReadOnlyAdmin):
    """How often the pages of codes were looked at, and their links shared."""

    list_display = ("code", "day", "kind", "source", "count")
    list_filter = ("day", "kind", "source", ("code__badge__system", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("code",)
    search_fields = ("code__code", "code__label")


@admin.register(BadgeInstance)
class BadgeInstanceAdmin(ReadOnlyAdmin):
    """Badges that somebody holds; who deletes one revokes it."""

    fields = ("slug", "badge", "email", "issued_on", "expires", "claim_code", "recipient_id")
    list_display = ("slug", "badge", "email", "issued_on", "expires", "claim_code")
    list_filter = (("badge__system", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("badge", "claim_code")
    search_fields = ("slug", "email", "badge__name", "badge__slug", "claim_code__code")
    actions = ("delete_selected",)
    delete_confirmation_template = "badgekit/confirm.html"
    delete_selected_confirmation_template = "badgekit/confirm_selected.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has that permission."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    @admin.action(description=_("Revoke"), permissions=("delete",))
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[BadgeInstance]) -> HttpResponse | None:
        """In the word that it is here."""
        return actions.delete_selected(self, request, queryset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only these, each by its badge and its holder."""
        held = list(objs)
        prefetch_related_objects(held, "badge")
        return gone(
            self, [gettext("%(badge)s of %(email)s") % {"badge": each.badge, "email": each.email} for each in held]
        )

    def delete_model(self, request: HttpRequest, obj: BadgeInstance) -> None:
        """Revoke it."""
        self.delete_queryset(request, BadgeInstance.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BadgeInstance]) -> None:
        """Revoke them, badge by badge; the system's own site is told."""
        by_badge: dict[int, list[BadgeInstance]] = {}
        for instance in queryset.select_related("badge__system", "claim_code"):
            by_badge.setdefault(instance.badge_id, []).append(instance)
        for held in by_badge.values():
            claims.withdraw(held)
