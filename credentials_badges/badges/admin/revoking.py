"""Badges taken back by hand: they are named before it is done, and it needs a reason."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import auditing, granting
from credentials_badges.badges.admin.granting import OPEN_SECONDS, REASON_LENGTH, salt_of, show, user_of
from credentials_badges.badges.admin.membership import OfAccounts
from credentials_badges.badges.locking import in_transaction
from credentials_badges.badges.models import Badge

MOST = 5_000
NAMED = 100
"""Badges that are named before they are revoked; the others are counted."""


class RevokeForm(forms.Form):
    """Why badges are taken back; `chosen` are the signed ids of the badges."""

    chosen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("The provider is told this reason, and the learners see it with their badges."),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )


class Revoking(OfAccounts):
    """Takes back the badges that are chosen on their list."""

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody, unless the page says who."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """With the page on which it is confirmed."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_revoke"
        return [path("revoke/", self.admin_site.admin_view(self.revoke_view), name=name), *super().get_urls()]

    @admin.action(description=gettext_lazy("Revoke"), permissions=("operate",))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Badge]) -> HttpResponse | tuple[()]:
        """Ask why."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        if len(ids) > MOST:
            few = _("At most %(most)s badges are revoked at once: filter the list first.")
            messages.error(request, few % {"most": f"{MOST:,}"})
            return ()
        chosen = signing.dumps(ids, salt=salt_of(request, "revoke", self.opts.label))
        return self._ask_why(request, RevokeForm(initial={"chosen": chosen}), ids)

    def revoke_view(self, request: HttpRequest) -> HttpResponse:
        """Do it, if there is a reason."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        list_page = HttpResponseRedirect(
            reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )
        try:
            salt = salt_of(request, "revoke", self.opts.label)
            ids = signing.loads(request.POST.get("chosen", ""), salt=salt, max_age=OPEN_SECONDS)
        except signing.BadSignature:
            messages.error(request, _("Nothing was revoked: choose the badges on this list, and then “Revoke”."))
            return list_page
        # Whoever chose them may have lost that right since.
        ids = list(self.workable(request, self.get_queryset(request).filter(pk__in=ids)).values_list("pk", flat=True))
        form = RevokeForm(request.POST)
        if not form.is_valid():
            return self._ask_why(request, form, ids)
        revoked = in_transaction(lambda: self._revoke(request, ids, form.cleaned_data["reason"]))
        if revoked:
            messages.success(request, _("Revoked: %(count)d.") % {"count": revoked})
        if left := len(ids) - revoked:
            why = _("Left alone, because they were not held any more: %(count)d.")
            messages.warning(request, why % {"count": left})
        return list_page

    def _revoke(self, request: HttpRequest, ids: Sequence[int], reason: str) -> int:
        now, user = timezone.now(), user_of(request)
        number = granting.revoke(ids, by=user, reason=reason, now=now)
        done = Badge.objects.filter(pk__in=ids, revoked_at=now, revoked_by=user)
        badges = self.get_queryset(request).filter(pk__in=done.values("pk")).select_related("learner", "template")
        if number:
            auditing.note(auditing.Via.ADMIN, user, f"revoked by hand: {reason}", *badges)
        return number

    def _ask_why(self, request: HttpRequest, form: RevokeForm, ids: Sequence[int]) -> TemplateResponse:
        badges = Badge.objects.filter(pk__in=ids)
        return show(
            self,
            request,
            "revoke_form.html",
            title=_("Revoke badges"),
            form=form,
            number=badges.count(),
            held=badges.filter(status=Badge.Status.AWARDED).count(),
            badges=badges.select_related("learner", "template").order_by("pk")[:NAMED],
            unnamed=max(len(ids) - NAMED, 0),
        )
