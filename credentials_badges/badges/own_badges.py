"""The learner's own badges, in the sections of their page."""

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from credentials_badges.badges import explaining, shelves
from credentials_badges.badges.models import Badge, Issuance, Learner
from credentials_badges.badges.shelves import Card, Shelf, Source, of_the_web
from credentials_badges.contract.states import BadgeState


def _held(learner: Learner) -> QuerySet[Badge]:
    """Those that are valid."""
    return _all(learner).exclude(_over())


def _all(learner: Learner) -> QuerySet[Badge]:
    rows = Badge.objects.filter(learner=learner).select_related("template", "account")
    return rows.order_by("-earned_at", "-pk")


def _over() -> Q:
    """What either side has taken back, or whose time is over."""
    gone = Q(status=Badge.Status.REVOKED) | Q(external_state__in=(BadgeState.REVOKED, BadgeState.EXPIRED))
    return gone | Q(expires_at__isnull=False, expires_at__lte=timezone.now())


def _is_on_its_way() -> Q:
    return Q(external_id=None)


def _is_waiting() -> Q:
    """Where only the learner can go on: at the provider, by a link that a browser may follow."""
    of_web = Q(external_url__istartswith="https://") | Q(external_url__istartswith="http://")
    return Q(external_state=BadgeState.PENDING) & of_web & ~_is_on_its_way()


def waiting(learner: Learner) -> Source:
    """Those that are at their provider, and not accepted yet."""
    return Source(_held(learner).filter(_is_waiting()), _waiting_card)


def earned(learner: Learner) -> Source:
    """Those that are at their provider."""
    return Source(_held(learner).exclude(_is_waiting()).exclude(_is_on_its_way()), _earned_card)


def underway(learner: Learner) -> Source:
    """Those that their provider has not confirmed yet."""
    dead = Issuance.objects.filter(badge=OuterRef("pk"), action=Issuance.Action.ISSUE, status=Issuance.Status.DEAD)
    rows = _held(learner).filter(_is_on_its_way()).annotate(is_stuck=Exists(dead))
    return Source(rows, _underway_card)


def over(learner: Learner) -> Source:
    """Those that are not valid any more, the last to end first."""
    now = timezone.now()
    told = Coalesce("external_as_of", "earned_at")
    end = Case(
        When(status=Badge.Status.REVOKED, then=Coalesce("revoked_at", told)),
        When(external_state=BadgeState.REVOKED, then=told),
        When(expires_at__lte=now, then="expires_at"),
        default=told,
    )
    ended = Least(end, now)
    rows = _all(learner).filter(_over()).annotate(ended_at=Greatest(ended, "earned_at"))
    return Source(rows.order_by("-ended_at", "-pk"), _over_card)


def put_up() -> None:
    """Put all of them on the learner's page."""
    shelves.also_on(Shelf.WAITING, waiting)
    shelves.also_on(Shelf.EARNED, earned)
    shelves.also_on(Shelf.UNDERWAY, underway)
    shelves.also_on(Shelf.OVER, over)


def _card(badge: Badge, **more: object) -> Card:
    """What all of them have in common."""
    known: dict[str, object] = {
        "name": badge.template.name,
        "issuer": badge.account.name or badge.account.external_id,
        "picture": of_the_web(badge.template.image_url),
        "at": badge.earned_at,
        "at_words": _("Earned"),
        "until": badge.expires_at,
        "page": reverse("badge_page", args=[badge.uuid]),
        "reasons": [reason.words for reason in explaining.reasons(badge)],
    }
    return Card(**{**known, **more})  # type: ignore[arg-type]


def _waiting_card(badge: Badge) -> Card:
    return _card(badge, act=of_the_web(badge.external_url), act_words=_("Accept your badge"))


def _earned_card(badge: Badge) -> Card:
    declined = badge.external_state == BadgeState.REJECTED
    words = _("You have declined it at its provider. It is still yours here.") if declined else ""
    return _card(badge, elsewhere=of_the_web(badge.external_url), words=words)


def _underway_card(badge: Badge) -> Card:
    if badge.is_stuck:  # type: ignore[attr-defined]
        state = {"state": _("Needs our help"), "tone": "wait"}
        words = _(
            "There is a problem with handing it over to its provider. We have been told, and you need not do anything."
        )
    else:
        state = {"state": _("On its way"), "tone": "plain"}
        words = _("It is yours. We are handing it over to its provider, which can take a while.")
    return _card(badge, words=words, **state)


def _over_card(badge: Badge) -> Card:
    ended = {"at": badge.ended_at, "until": None, "tone": "bad"}  # type: ignore[attr-defined]
    if badge.status == Badge.Status.REVOKED or badge.external_state == BadgeState.REVOKED:
        by_hand = _("An administrator has taken it back.") if badge.revoked_by_id else ""
        words = " ".join(filter(None, (by_hand, _(badge.revoke_reason))))
        return _card(badge, state=_("Revoked"), at_words=_("Revoked"), words=words, **ended)
    return _card(badge, state=_("Expired"), at_words=_("Valid until"), **ended)
