"""The pages on which endorsements are asked for, by whoever works for the account whose badge, or programme, it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials_badges.badges.admin import choosing
from credentials_badges.badges.models import BadgeTemplate, ProviderAccount
from credentials_badges.endorsements import asking, targets
from credentials_badges.endorsements.forms import AskForm
from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.moving import OPEN
from credentials_badges.endorsements.targets import Kind, Target

PAGE = "endorsements/asking.html"
AT_A_TIME = 25
MOST_TEMPLATES = 100
"""Templates of an account to which its page leads."""
DONE = {
    "remind": _("%(name)s is reminded: a mail is on its way."),
    "cancel": _("The request to %(name)s is cancelled."),
    "hide": _("The endorsement by %(name)s is hidden."),
    "show": _("The endorsement by %(name)s is shown again."),
}
"""What can be done with a request, and what is said of it then."""


@dataclass(frozen=True, slots=True)
class Row:
    """One request, and what can be done with it now."""

    endorsement: Endorsement
    is_open: bool
    is_late: bool
    """Its time is over, and nobody has written that down yet."""
    may_remind: bool


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def endorsements(request: HttpRequest, kind: str, ident: str) -> HttpResponse:
    """Who was asked for an endorsement of it, what came of that, and a form to ask others."""
    is_asking = request.method == "POST" and request.POST.get("do") not in DONE
    target = (targets.find if is_asking else targets.find_again)(kind, ident)
    if target is None or not targets.may_ask(request.user, target):
        raise Http404
    if request.method != "POST":
        return _show(request, target, AskForm())
    if (name := request.POST.get("do")) in DONE:
        _do(request, target, name)
        return _back(request)
    form = AskForm(request.POST)
    return _back(request) if _ask(request, target, form) else _show(request, target, form, status=400)


def _ask(request: HttpRequest, target: Target, form: AskForm) -> bool:
    """Ask them; False if the form has to be filled in again."""
    if not form.is_valid():
        return False
    by: Any = request.user
    try:
        outcome = asking.ask(target, by, people=form.asked, message=form.cleaned_data["message"], now=timezone.now())
    except asking.Refused as refused:
        form.add_error(None, str(refused))
        return False
    if outcome.made:
        names = ", ".join(each.endorser_name for each in outcome.made)
        messages.success(request, gettext("Asked: %(names)s. A mail is on its way to each.") % {"names": names})
    if outcome.already:
        names = ", ".join(each.email for each in outcome.already)
        messages.warning(request, gettext("Asked before, and left as it is: %(names)s.") % {"names": names})
    return True


def _do(request: HttpRequest, target: Target, name: str) -> None:
    """Do that with a request, if it is about this, and still allows it."""
    uuid = _uuid(request.POST.get("endorsement", ""))
    endorsement = Endorsement.objects.filter(**target.columns(), uuid=uuid).first() if uuid else None
    if endorsement and _is_done(request, endorsement, name):
        messages.success(request, str(DONE[name]) % {"name": endorsement.endorser_name})
    else:
        messages.warning(request, gettext("That could not be done, since it stands otherwise by now. See below."))


def _is_done(request: HttpRequest, endorsement: Endorsement, name: str) -> bool:
    by: Any = request.user
    now = timezone.now()
    if name == "remind":
        return asking.remind(endorsement, now, by)
    if name == "cancel":
        return asking.cancel(endorsement, by, now, request.POST.get("reason", ""))
    return (asking.hide if name == "hide" else asking.show)(endorsement, by, now)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _back(request: HttpRequest) -> HttpResponse:
    """To the page as it is then, and to its top, where it is told what was done."""
    response = HttpResponseRedirect(f"{request.get_full_path()}#main")
    response.status_code = 303
    return response


def _show(request: HttpRequest, target: Target, form: AskForm, *, status: int = 200) -> HttpResponse:
    rows = Endorsement.objects.filter(**target.columns()).order_by("-pk")
    page = Paginator(rows, AT_A_TIME).get_page(request.GET.get("page"))
    now = timezone.now()
    shown = {
        "target": target,
        "kind": Kind(target.kind).label,
        "picture": target.image_url,
        "account": target.account,
        "beside": _beside(request, target),
        "templates": _templates(target),
        "form": form,
        "here": request.get_full_path(),
        "page": page,
        "rows": [_row(each, now, is_on=target.account.endorsements_enabled) for each in page.object_list],
        "switch": "" if target.account.endorsements_enabled else _switch(request, target.account),
    }
    return render(request, PAGE, shown, status=status)


def _row(endorsement: Endorsement, now: datetime, *, is_on: bool) -> Row:
    is_late = endorsement.state in OPEN and endorsement.expires_at <= now
    is_open = endorsement.state in OPEN and not is_late
    last = endorsement.reminded_at
    is_time = last is None or last <= now - asking.BETWEEN_REMINDERS
    return Row(endorsement, is_open, is_late, is_open and is_on and is_time)


def _beside(request: HttpRequest, target: Target) -> list[tuple[str, str]]:
    """What is shown with it, or issues within the same account: each with its page, if the user may ask there."""
    is_organisation = target.kind in {Kind.ISSUER, Kind.PROGRAMME}
    near = targets.all_of(target.account) if is_organisation else targets.above(target)
    others = [each for each in near if each.key != target.key]
    accounts = {each.account.pk for each in others} - {target.account.pk}
    mine = set(targets.accounts_of(request.user).filter(pk__in=accounts).values_list("pk", flat=True))
    return [(each.name, page_of(each)) for each in others if each.account.pk in {*mine, target.account.pk}]


def _templates(target: Target) -> list[tuple[str, str]]:
    """Of whoever issues: the pages of the account's templates."""
    if target.kind not in {Kind.ISSUER, Kind.PROGRAMME}:
        return []
    rows = BadgeTemplate.objects.filter(account=target.account, is_active=True).order_by("name", "pk")
    return [
        (name, reverse("endorsements", args=[Kind.TEMPLATE, uuid]))
        for name, uuid in rows.values_list("name", "uuid")[:MOST_TEMPLATES]
    ]


def page_of(target: Target) -> str:
    """The page on which endorsements of it are asked for."""
    return reverse("endorsements", args=[target.kind, targets.ident_of(target)])


def _switch(request: HttpRequest, account: ProviderAccount) -> str:
    """Where whoever looks can switch asking on; empty: they may not."""
    pages = choosing.pages_of_account(account)
    if pages is None or not (admin.site.has_permission(request) and pages.has_change_permission(request, account)):
        return ""
    return reverse(f"admin:{pages.opts.app_label}_{pages.opts.model_name}_change", args=(account.pk,))
