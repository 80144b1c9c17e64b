"""Pulls the templates of accounts, at once or as a job that first says what it would change."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import members, syncing
from credentials_badges.badges.admin import syncs
from credentials_badges.badges.admin.granting import user_of
from credentials_badges.badges.admin.membership import OfAccounts
from credentials_badges.badges.models import ProviderAccount, SyncRun
from credentials_badges.contract.errors import ProviderError

NEWEST = 5
"""Runs that an account's page shows."""


class Pulling(OfAccounts):
    """Accounts whose templates are pulled from their list and from their page."""

    change_form_template = "admin/badges/syncrun/account_form.html"

    def has_pull_permission(self, request: HttpRequest, obj: ProviderAccount | None = None) -> bool:
        """Whoever may change the account, or is an issuer in it, be it by Django's permission."""
        if self.has_change_permission(request, obj):
            return True
        issuing = members.accounts_of(request.user, members.Role.ISSUER).filter(provider=self._provider)
        return (issuing.filter(pk=obj.pk) if obj else issuing).exists()

    def workable(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of these accounts, those in which the user is an issuer, be it by Django's permission."""
        mine = super().workable(request, rows)
        return mine if mine is rows else rows.filter(pk__in=members.accounts_of(user_of(request), members.Role.ISSUER))

    def get_urls(self) -> list[URLPattern]:
        """With what the button on an account's page asks for."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview_sync"
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<path:object_id>/preview-sync/", view, name=name), *super().get_urls()]

    def preview_address(self, account: ProviderAccount) -> str:
        """To which the button is sent."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_preview_sync"
        return reverse(name, args=(account.pk,))

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what a sync of this account would change, and show it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        account = self.get_object(request, unquote(object_id))
        if not self.has_pull_permission(request, account):
            raise PermissionDenied
        if account is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        return HttpResponseRedirect(syncs.page_of(syncs.ask(request, account)))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With the newest runs."""
        if account := context.get("original"):
            runs = account.sync_runs.select_related("asked_by").defer("diff")[:NEWEST]
            shown = {"runs": runs, "account_preview": self.preview_address(account), **syncs.may(request, account)}
            context = {**context, **shown}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description=gettext_lazy("Look at what a sync would change"), permissions=("pull",))
    def preview_sync(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask for it; of a single account, show it."""
        chosen = list(queryset)
        if refused := [account for account in chosen if not self.has_pull_permission(request, account)]:
            messages.error(request, _("Not yours to sync: %(names)s.") % {"names": ", ".join(map(str, refused))})
        runs = [(account, syncs.ask(request, account)) for account in chosen if account not in refused]
        if len(runs) == 1 and not refused:
            return HttpResponseRedirect(syncs.page_of(runs[0][1]))
        for account, run in runs:
            messages.info(request, _linked(_("%(account)s: asked for.") % {"account": account}, run))
        return HttpResponseRedirect(request.get_full_path())  # What was asked for is written down already.

    def pull_each(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[ProviderAccount]:
        """Pull the templates of each account; one that fails does not stop the others."""
        pulled = []
        for account in queryset:
            run = SyncRun(account=account, asked_by=user_of(request), started_at=timezone.now())
            try:
                plan = syncing.carry_out(run)
            except (ProviderError, syncing.PlanTooLarge) as error:
                messages.error(request, _linked(f"{account}: {error}", run))
                continue
            counts = {"created": run.created, "changed": run.changed, "unchanged": run.unchanged}
            told = _(
                "%(account)s: created %(created)d, changed %(changed)d, unchanged %(unchanged)d, archived %(gone)d."
            )
            messages.success(request, _linked(told % {"account": account, **counts, "gone": run.archived}, run))
            _warn(request, account, plan.unreadable)
            pulled.append(account)
        return pulled


def _warn(request: HttpRequest, account: ProviderAccount, rows: Iterable[Any]) -> None:
    for row in rows:
        told = _("%(account)s: %(where)s was left out: %(why)s.")
        messages.warning(request, told % {"account": account, "where": row.where, "why": row.why})


def _linked(text: str, run: SyncRun) -> str:
    return format_html('{} <a href="{}">{}</a>', text, syncs.page_of(run), _("Its page in the history"))
