"""Learners are retired from their list: they are named before it is done, since nothing brings them back."""

from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import retiring
from credentials_badges.badges.admin.granting import OPEN_SECONDS, show, user_of
from credentials_badges.badges.auditing import Via
from credentials_badges.badges.models import Learner

MOST = 50
"""Learners who are retired by one press: each takes a transaction of its own."""
SALT = "badges.retire"


class Retiring(admin.ModelAdmin):  # type: ignore[type-arg]
    """Retires the learners who are chosen on their list."""

    def has_retire_permission(self, request: HttpRequest) -> bool:
        """Whoever has this permission."""
        return bool(request.user.has_perm(retiring.PERMISSION))

    def get_urls(self) -> list[URLPattern]:
        """With the page on which it is confirmed."""
        page = path("retire/", self.admin_site.admin_view(self.retire_view), name="badges_learner_retire")
        return [page, *super().get_urls()]

    @admin.action(description=gettext_lazy("Retire"), permissions=("retire",))
    def retire(self, request: HttpRequest, queryset: QuerySet[Learner]) -> HttpResponse | tuple[()]:
        """Ask first."""
        chosen = list(queryset.filter(retired_at=None).order_by("pk")[: MOST + 1])
        if len(chosen) > MOST or not chosen:
            few = _("At most %(most)d learners are retired at once.") % {"most": MOST}
            messages.error(request, few if chosen else _("They have been retired already."))
            return ()
        signed = signing.dumps([learner.pk for learner in chosen], salt=f"{SALT}:{request.user.pk}")
        return show(self, request, "retire_form.html", title=_("Retire learners"), learners=chosen, chosen=signed)

    def retire_view(self, request: HttpRequest) -> HttpResponse:
        """Do it."""
        if not self.has_retire_permission(request):
            raise PermissionDenied
        list_page = HttpResponseRedirect(reverse("admin:badges_learner_changelist"))
        try:
            said = request.POST.get("chosen", "")
            ids = signing.loads(said, salt=f"{SALT}:{request.user.pk}", max_age=OPEN_SECONDS)
        except signing.BadSignature:
            messages.error(request, _("Nobody was retired: choose them on this list, and then “Retire”."))
            return list_page
        for learner in Learner.objects.filter(pk__in=ids).order_by("pk"):
            try:
                done = retiring.retire(learner, timezone.now(), via=Via.ADMIN, by=user_of(request))
            except retiring.StillWorksHere:
                why = _("%(learner)s works here: take the rights of staff away first.")
                messages.error(request, why % {"learner": learner})
            except retiring.Unknown:
                messages.warning(request, _("One of them had been retired already."))
            else:
                messages.success(request, _in_words(done))
        return list_page

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As ever, but not of whoever has been retired: the numbers stay."""
        return super().has_delete_permission(request, obj) and not (obj and obj.retired_at)


def _in_words(done: retiring.Retired) -> str:
    """As `told`, for whoever looks."""
    said = _(
        "Retired, and known as %(alias)s from now on; badges: %(badges)d, to be erased at their providers: "
        "%(erasures)d, events: %(events)d."
    )
    numbers = {"badges": done.badges, "erasures": done.erasures, "events": done.events}
    return said % {"alias": done.alias, **numbers}
