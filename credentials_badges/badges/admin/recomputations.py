"""Previews of rules, and recomputations: asked for on the templates' list, looked at and applied on their own page."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from credentials_badges.badges import auditing, recomputing
from credentials_badges.badges.admin import choosing
from credentials_badges.badges.admin.granting import user_of
from credentials_badges.badges.models import BadgeTemplate, Recomputation


@admin.action(
    description=gettext_lazy("Preview: who would earn it by the rules as they stand"), permissions=("change",)
)
def preview(model_admin: Any, request: HttpRequest, queryset: QuerySet[BadgeTemplate]) -> HttpResponse:
    """Ask for it, and show its page."""
    return _show(recomputing.ask(queryset, timezone.now(), by=user_of(request)))


@admin.register(Recomputation)
class RecomputationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the rules as they stand make of the stored events."""

    change_form_template = "admin/badges/recomputation/change_form.html"
    list_display = ("__str__", "templates_named", "created_at", "asked_by", "applies", "done", "total", "finished_at")
    list_filter = ("applies",)
    list_select_related = ("asked_by",)
    fields = ("asked_by", "created_at", "applies", "revokes", "finished_at", "error", "what_came_of_it")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: they are asked for on the list of templates."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what came of it is not to be edited."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their templates."""
        rows: QuerySet[Any] = super().get_queryset(request).prefetch_related("templates")
        return rows

    def get_urls(self) -> list[URLPattern]:
        """Besides, what turns a preview into deeds."""
        apply = path("<int:pk>/apply/", self.admin_site.admin_view(self.apply), name="badges_recomputation_apply")
        return [apply, *super().get_urls()]

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what the preview has shown, by the rules as they are by now."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        shown = get_object_or_404(Recomputation, pk=pk)
        if not self._may_apply(request, shown):
            raise PermissionDenied
        templates = shown.templates.filter(is_active=True, state=BadgeTemplate.State.ACTIVE)
        if left := shown.templates.count() - len(templates):
            messages.warning(request, _("Left alone, because they are not active: %(count)d.") % {"count": left})
        if not templates:
            return _show(shown)
        revokes = request.POST.get("revokes") == "yes"
        deed = "asked for a recomputation that takes back" if revokes else "asked for a recomputation"
        auditing.note(auditing.Via.ADMIN, user_of(request), deed, *templates)
        return _show(recomputing.ask(templates, timezone.now(), applies=True, revokes=revokes, by=user_of(request)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the button, for whoever may use it."""
        job = self.get_object(request, object_id)
        may_apply = job is not None and self._may_apply(request, job)
        offered = {"may_apply": may_apply, "unfinished": job is not None and job.finished_at is None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **offered})

    def has_view_permission(self, request: HttpRequest, obj: Recomputation | None = None) -> bool:
        """Besides, whoever asked for it."""
        asked = obj is not None and obj.asked_by_id == request.user.pk
        return asked or super().has_view_permission(request, obj)

    def _may_apply(self, request: HttpRequest, job: Recomputation) -> bool:
        """Whether the user may look at it, and change every one of its templates."""
        templates = job.templates.select_related("account")
        return self.has_view_permission(request, job) and all(choosing.may_change(request, each) for each in templates)

    @admin.display(description=gettext_lazy("Templates"))
    def templates_named(self, job: Recomputation) -> str:
        """The first of them."""
        names = [str(template) for template in job.templates.all()]
        told, more = ", ".join(names[:3]), len(names) - 3
        if more < 1:
            return told
        said = ngettext("%(names)s and %(more)d more", "%(names)s and %(more)d more", more)
        return said % {"names": told, "more": more}

    @admin.display(description=gettext_lazy("What came of it"))
    def what_came_of_it(self, job: Recomputation) -> SafeString:
        """How far it has come, and its report so far."""
        # The template escapes all that it shows.
        return mark_safe(render_to_string("admin/badges/recomputation/report.html", {"job": job}))  # noqa: S308


def _show(job: Recomputation) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:badges_recomputation_change", args=(job.pk,)))
