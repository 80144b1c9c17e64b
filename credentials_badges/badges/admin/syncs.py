"""Pulls of templates: what each does at this moment, would do or has done; what is shown is applied from its page."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import auditing, conf, members, sync_jobs, syncing
from credentials_badges.badges.admin import choosing
from credentials_badges.badges.admin.deleting import DeletableAdmin
from credentials_badges.badges.admin.granting import user_of
from credentials_badges.badges.admin.membership import AccountFilter, OfAccounts
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount, SyncRun
from credentials_badges.badges.models.sync import SYNC_STATES

QUIET_SECONDS = 15
"""After so long without a sign of a worker, the page says what may be the matter."""
UNREAD = ("diff", "account__api_key", "account__webhook_token")
"""Long, or long to decrypt, and needed by no list."""
UNFINISHED = (SyncRun.State.WAITING, SyncRun.State.LISTING)


def may_sync(request: HttpRequest, account: ProviderAccount) -> bool:
    """Whether the user may pull the account's templates."""
    page = choosing.pages_of_account(account)
    return page is not None and bool(page.has_pull_permission(request, account))


def may(request: HttpRequest, account: ProviderAccount) -> dict[str, bool]:
    """What the pages offer to the user."""
    history = admin.site.get_model_admin(SyncRun)
    return {"may_sync": may_sync(request, account), "sees_history": history.has_view_permission(request)}


def ask(request: HttpRequest, account: ProviderAccount, *, applies: bool = False, forces: bool = False) -> SyncRun:
    """Ask for a job, and write down who did."""
    deed = "asked what a sync would change"
    if applies:
        deed = "asked for a sync, however much it archives" if forces else "asked for a sync"
    auditing.note(auditing.Via.ADMIN, user_of(request), deed, account)
    return sync_jobs.ask(account, timezone.now(), applies=applies, forces=forces, by=user_of(request))


def page_of(run: SyncRun) -> str:
    """Its address."""
    return reverse("admin:badges_syncrun_change", args=(run.pk,))


class SyncStateFilter(admin.SimpleListFilter):
    """How far a run has come."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """The states."""
        return list(SyncRun.State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The runs in that state."""
        return queryset.filter(dict(SYNC_STATES).get(self.value(), Q()))  # type: ignore[call-overload]


@admin.register(SyncRun)
class SyncRunAdmin(DeletableAdmin, OfAccounts):
    """Pulls of templates, the newest first. They can be deleted: else an account that was ever pulled could not be."""

    change_form_template = "admin/badges/syncrun/change_form.html"
    list_display = (
        *("account", "started_at", "finished_at", "state", "applies", "asked_by"),
        *("created", "changed", "unchanged", "archived", "unreadable", "why"),
    )
    list_filter = (SyncStateFilter, "applies", ("account", AccountFilter))
    list_select_related = ("account", "asked_by")

    def has_view_permission(self, request: HttpRequest, obj: SyncRun | None = None) -> bool:
        """Besides, whoever may look at the account."""
        if super().has_view_permission(request, obj):
            return True
        return obj is not None and self.get_queryset(request).filter(pk=obj.pk).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those that the user may look at, without what only the page of a single one shows."""
        rows = SyncRun.objects.select_related("account", "asked_by").order_by("-pk").defer(*UNREAD)
        if self.sees_all(request):
            return rows
        slugs = choosing.providers_seen(request)
        return rows.filter(Q(account__provider__in=slugs) | Q(account__in=members.accounts_of(user_of(request))))

    def get_urls(self) -> list[URLPattern]:
        """Besides, what asks for another one."""
        deeds = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"badges_syncrun_{name}")
            for name, view in (("apply", self.apply), ("again", self.again))
        ]
        return [*deeds, *super().get_urls()]

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for what the run has shown, as it will be at the provider by then."""
        return self._another(request, pk, applies=True, forces=request.POST.get("forces") == "yes")

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the same once more; whether it is forced is decided anew."""
        return self._another(request, pk, applies=None, forces=request.POST.get("forces") == "yes")

    def _another(self, request: HttpRequest, pk: int, *, applies: bool | None, forces: bool) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        shown = get_object_or_404(SyncRun.objects.select_related("account"), pk=pk)
        if not may_sync(request, shown.account):
            raise PermissionDenied
        applies = shown.applies if applies is None else applies
        return HttpResponseRedirect(page_of(ask(request, shown.account, applies=applies, forces=applies and forces)))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With how far it has come, what it shows, and what can be done."""
        run = context["original"]
        pages = choosing.pages_of_account(run.account)
        own = f"admin:{pages.opts.app_label}_{pages.opts.model_name}_change" if pages else ""
        may_look = pages is not None and pages.has_view_permission(request, run.account)
        shown = {
            "title": _("Sync of %(account)s") % {"account": run.account},
            "subtitle": None,
            "run": run,
            **may(request, run.account),
            "account_preview": pages.preview_address(run.account) if pages else "",
            "account_page": reverse(own, args=(run.account_id,)) if may_look else "",
            "templates_page": choosing.list_of_templates(run.account),
            **_so_far(run),
            **_what_differs(run),
        }
        return super().render_change_form(request, {**context, **shown}, *args, **kwargs)

    @admin.display(description=gettext_lazy("State"))
    def state(self, run: SyncRun) -> Any:
        """How far it has come."""
        return run.state.label

    @admin.display(description=gettext_lazy("Why"))
    def why(self, run: SyncRun) -> str:
        """Its failure, or what was left out."""
        return run.error[:200]


def _so_far(run: SyncRun) -> dict[str, Any]:
    """How long it has taken, and how much of what is known here has been seen; only while it is not finished."""
    if run.state not in UNFINISHED:
        return {"unfinished": False}
    now = timezone.now()
    silent = (now - (run.claimed_at or run.started_at)).total_seconds()
    return {
        "unfinished": True,
        "known": BadgeTemplate.objects.filter(account=run.account_id).exclude(state="archived").count(),
        "elapsed": max(0, int((now - run.started_at).total_seconds())),
        "is_silent": silent > (QUIET_SECONDS if run.state == SyncRun.State.WAITING else 4 * QUIET_SECONDS),
        "lease_minutes": max(1, round(conf.lease_seconds() / 60)),
    }


def _what_differs(run: SyncRun) -> dict[str, Any]:
    """What its tables show, and whether applying it has to be insisted on."""
    standing = run.archived + run.changed + run.unchanged
    changed = [
        {**each, "lines": [(_column(name), was, now) for name, was, now in each["lines"]]}
        for each in run.diff.get("changed", ())
    ]
    return {
        "diff": {**run.diff, "changed": changed},
        "nothing": not (run.created or run.changed or run.archived),
        "most": syncing.NAMED,
        "standing": standing,
        "is_suspicious": syncing.is_suspicious(archived=run.archived, standing=standing),
    }


def _column(name: str) -> str:
    """What people call it; a column of the provider's own row as it is called there."""
    if name.startswith("raw."):
        return _("“%(column)s” at the provider") % {"column": name.removeprefix("raw.")}
    return str(BadgeTemplate._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
