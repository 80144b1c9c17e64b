"""The desk's pages of claims: a list, and each with its evidence and all that is needed to decide it."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from credentials_badges.badges.models import Learner
from providers.badgekit import giving, members, reviewing
from providers.badgekit.desk.base import desk, show
from providers.badgekit.desk.claim_forms import EVERY, WAITING, ClaimFilter, DecisionForm, state_of
from providers.badgekit.evidence import PHOTOS
from providers.badgekit.members import Role
from providers.badgekit.models import Claim, System
from providers.badgekit.models.folding import address

ON_A_PAGE = 50
MOST_OTHERS = 20
"""Other claims of the same address that are shown."""


def claims_of(system: System) -> QuerySet[Claim]:
    """The claims to codes that organisers hand out: not to those that are kept for one learner."""
    return Claim.objects.filter(badge__system=system, code__reservation=None)


@require_safe
@desk(Role.READER)
def list_claims(request: HttpRequest, system: System) -> HttpResponse:
    """The claims in one state, those that wait longest first. Whoever looks may be mailed again when others come."""
    user, state = cast("Learner", request.user), state_of(request.GET.get("state"))
    members.has_looked(user, system)
    form = ClaimFilter(request.GET, system, user)
    found = claims_of(system).filter(form.chosen())
    numbers = dict(found.order_by().values_list("state").annotate(Count("pk")))
    states = [(value, label, numbers.get(value, 0)) for value, label in Claim.State.choices]
    rows = found if state == EVERY else found.filter(state=state)
    rows = rows.select_related("badge", "code__batch", "assigned_to", "decided_by").annotate(pieces=Count("evidence"))
    page = Paginator(rows.order_by("pk" if state in Claim.OPEN else "-pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "form": form,
        "state": state,
        "page": page,
        "states": [*states, (EVERY, pgettext("claims", "All"), sum(numbers.values()))],
    }
    return show(request, "claims.html", system, shown)


@require_http_methods(["GET", "HEAD", "POST"])
@desk(Role.READER)
def look(request: HttpRequest, system: System, claim: int) -> HttpResponse:
    """One claim. Whoever may decide it does so here; the next one that waits follows."""
    found = get_object_or_404(
        claims_of(system).select_related("badge__system", "code__batch", "assigned_to", "decided_by", "learner"),
        pk=claim,
    )
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not members.may(request.user, system, Role.REVIEWER):
            raise PermissionDenied
        if form.is_valid():
            return HttpResponseRedirect(_do(request, system, found, form))
        if "do" in form.errors:
            messages.error(request, _("Nothing was done. Choose one of the buttons."))
    return show(request, "claim.html", system, {"claim": found, "form": form, **_about(system, found, request.user)})


def _about(system: System, claim: Claim, user: object) -> dict[str, object]:
    others = claims_of(system).filter(address=claim.address).exclude(pk=claim.pk)
    return {
        "evidence": list(claim.evidence.all()),
        "photos": PHOTOS,
        "criteria": list(claim.badge.criteria.all()),
        "steps": list(claim.steps.select_related("by")),
        "others": list(others.select_related("badge")[:MOST_OTHERS]),
        "is_own": _is_own(claim, cast("Learner", user)),
    }


def _is_own(claim: Claim, user: Learner) -> bool:
    return claim.learner_id == user.pk or (bool(user.email) and claim.address == address(user.email))


def _do(request: HttpRequest, system: System, claim: Claim, form: DecisionForm) -> str:
    """Do it, say what came of it, and return where to go next."""
    by, told = cast("Learner", request.user), form.cleaned_data
    here = reverse("desk:claim", args=(system.pk, claim.pk))
    work = _WORK[told["do"]]
    try:
        said = work(claim, by, told["words"])
    except reviewing.NotNow as error:
        messages.error(request, str(error))
        return here
    except reviewing.OwnClaim:
        messages.error(request, _("Nothing was done: this is your own claim, which another reviewer has to decide."))
        return here
    except giving.NotTheirs as error:
        messages.error(
            request, _("The badge cannot be given: %(why)s. An administrator can mend that.") % {"why": error}
        )
        return here
    messages.success(request, said)
    if told["do"] in {DecisionForm.TAKE, DecisionForm.LET_GO}:
        return here
    if following := _next(system, claim, by):
        return reverse("desk:claim", args=(system.pk, following.pk))
    return reverse("desk:claims", args=(system.pk,))


def _next(system: System, claim: Claim, by: Learner) -> Claim | None:
    """The claim that has waited longest since this one, and else the oldest: not their own, nor another reviewer's."""
    waiting = claims_of(system).filter(Q(assigned_to=None) | Q(assigned_to=by), state=WAITING)
    if by.email:
        waiting = waiting.exclude(address=address(by.email))
    later = Case(When(pk__gt=claim.pk, then=Value(0)), default=Value(1))
    return waiting.exclude(learner=by).exclude(pk=claim.pk).order_by(later, "pk").first()


def _named(claim: Claim) -> dict[str, object]:
    return {"email": claim.email, "badge": claim.badge}


def _approve(claim: Claim, by: Learner, words: str) -> str:
    if reviewing.approve(claim, by, words).state == Claim.State.CANCELLED:
        return _("Nothing was given: %(email)s holds “%(badge)s” already. The claim is cancelled.") % _named(claim)
    return _("Approved: %(email)s has “%(badge)s” now.") % _named(claim)


def _send_back(claim: Claim, by: Learner, words: str) -> str:
    reviewing.send_back(claim, by, words)
    return _("The claim of %(email)s to “%(badge)s” was sent back for revision.") % _named(claim)


def _reject(claim: Claim, by: Learner, words: str) -> str:
    reviewing.reject(claim, by, words)
    return _("The claim of %(email)s to “%(badge)s” was rejected.") % _named(claim)


def _take(claim: Claim, by: Learner, words: str) -> str:
    reviewing.take(claim, by)
    return _("You look after this claim now.")


def _let_go(claim: Claim, by: Learner, words: str) -> str:
    reviewing.let_go(claim, by)
    return _("You do not look after this claim any more.")


_WORK: dict[str, Callable[[Claim, Learner, str], str]] = {
    DecisionForm.APPROVE: _approve,
    DecisionForm.SEND_BACK: _send_back,
    DecisionForm.REJECT: _reject,
    DecisionForm.TAKE: _take,
    DecisionForm.LET_GO: _let_go,
}
"""Each returns what is said to the reviewer."""
