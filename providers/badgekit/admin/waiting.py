"""What of the store needs somebody, on the administration's first page."""

from collections.abc import Iterator

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from credentials_badges.badges.needs import SOON, Need, also_needs
from credentials_badges.badges.seeing import Sight
from providers.badgekit import members
from providers.badgekit.members import Role
from providers.badgekit.models import Claim


def _claims(sight: Sight) -> Iterator[Need]:
    """Claims that wait for a reviewer, in systems where the user is one; one statement."""
    systems = members.systems(sight.request.user, Role.REVIEWER)
    waiting = Claim.objects.filter(state=Claim.State.SUBMITTED, badge__system__in=systems).order_by()
    of = waiting.values_list("badge__system", "badge__system__name")
    for system, name, number, since in of.annotate(Count("pk"), since=Min("made_at")).order_by("since"):
        yield Need(
            title=_("Claims to review: %(system)s") % {"system": name},
            why=_("Learners wait for the answer."),
            number=number,
            since=since,
            weight=SOON,
            link=reverse("desk:claims", args=(system,)),
        )


also_needs(_claims)
