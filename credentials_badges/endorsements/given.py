"""What has been said in public."""

from functools import reduce
from operator import or_

from django.db.models import Q

from credentials_badges.endorsements.models import Endorsement
from credentials_badges.endorsements.targets import Target

MOST = 50


def public(*targets: Target) -> list[Endorsement]:
    """What endorsers say of any of these, the newest first; one statement."""
    if not targets:
        return []
    about = reduce(or_, (Q(**target.columns()) for target in targets))
    accepted = Endorsement.objects.filter(about, state=Endorsement.State.ACCEPTED)
    whole = accepted.select_related("account", "template__account", "badge__learner", "badge__template__account")
    return list(whole.order_by("-answered_at", "-pk")[:MOST])
