"""The pages of badges, which each provider registers for its own proxy of that table."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials_badges.badges import outbox, reconciling
from credentials_badges.badges.admin import choosing, story
from credentials_badges.badges.admin.base import ReadOnlyAdmin, is_of_the_web
from credentials_badges.badges.admin.confirming import Plan, asks_first, in_batches, tell_later
from credentials_badges.badges.admin.finding import FindsLearners, as_uuid, named_badges
from credentials_badges.badges.admin.membership import OfAccounts
from credentials_badges.badges.admin.revoking import Revoking
from credentials_badges.badges.admin_site import Touched
from credentials_badges.badges.models import Badge, Issuance, Learner

Status = Issuance.Status
ID_COLUMNS = ("external_id", "external_url")
"""What names the badge at its provider."""


class DisagreementFilter(admin.SimpleListFilter):
    """Whether the provider and we agree."""

    title = gettext_lazy("agreement")
    parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One question."""
        return [("no", _("One side has taken it back"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that one side has taken back, and the other has not."""
        return queryset.filter(reconciling.disagreement()) if self.value() == "no" else queryset


def _to_correct(_pages: Any, _request: HttpRequest, queryset: QuerySet[Badge]) -> Plan:
    chosen, held, touched = queryset.count(), _held(queryset).count(), _correctable(queryset).count()
    left = [
        (chosen - held, _("not held, or not known at the provider")),
        (held - touched, _("a correction is under way already")),
    ]
    return Plan(chosen=chosen, touched=touched, will=_("will be sent again, with name and address"), left=left)


def _to_repair(_pages: Any, _request: HttpRequest, queryset: QuerySet[Badge]) -> Plan:
    chosen, torn = queryset.count(), queryset.filter(pk__in=reconciling.disagreeing()).count()
    left = [(chosen - torn, _("both sides agree, or a promise is open"))]
    return Plan(chosen=chosen, touched=torn, will=_("will be issued or revoked again there"), left=left)


def _to_retry(_pages: Any, _request: HttpRequest, queryset: QuerySet[Badge]) -> Plan:
    chosen, failed = queryset.count(), _failed(queryset).count()
    left = [(chosen - failed, _("no promise about them is dead, or a newer one is open"))]
    return Plan(chosen=chosen, touched=failed, will=_("have a dead promise that will be tried again"), left=left)


def _held(badges: QuerySet[Badge]) -> QuerySet[Badge]:
    """Those that a learner holds, and the provider knows."""
    return badges.filter(status=Badge.Status.AWARDED).exclude(external_id=None)


def _correctable(badges: QuerySet[Badge]) -> QuerySet[Badge]:
    under_way = Issuance.objects.filter(badge=OuterRef("pk"), action=Issuance.Action.UPDATE, open_key__isnull=False)
    return _held(badges).exclude(Exists(under_way))


def _dead(badges: Any) -> QuerySet[Issuance]:
    return outbox.retriable(Issuance.objects.filter(badge__in=badges, status=Status.DEAD))


def _failed(badges: QuerySet[Badge]) -> QuerySet[Badge]:
    """Those with a dead promise that can be opened again."""
    return badges.filter(pk__in=_dead(badges.order_by().values("pk")).values("badge"))


class BadgeAdmin(ReadOnlyAdmin, FindsLearners, Revoking, OfAccounts):
    """Badges of one provider: what was decided here and why, and what the provider says."""

    change_form_template = "admin/badges/badge_story.html"
    fields = (
        *("uuid", "ordinal", "status", "awarded_at", "earned_at", "expires_at"),
        *("grant_reason", "revoked_at", "revoke_reason"),
        *("external_id", "external_state", "external_state_raw", "external_as_of", "external_link"),
    )
    list_display = ("learner", "template", "status", "external_id", "external_state", "awarded_at", "newest_promise")
    list_filter = (DisagreementFilter, "status", "external_state")
    list_select_related = ("learner", "template")
    search_fields = ("learner__username", "learner__email", "learner__full_name", "external_id")
    learner_path = "learner__"
    actions = ("retry", "correct", "repair", "revoke")

    def otherwise(self, request: HttpRequest, text: str) -> list[Q]:
        """By its id at the provider, or ours."""
        uuid = as_uuid(text)
        return [named_badges(text), *([Q(uuid=uuid)] if uuid else [])]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without ids, if these are secret."""
        return [name for name in self.list_display if name not in self.secret_fields]

    @property
    def secret_fields(self) -> tuple[str, ...]:
        """What nobody looks rows up by."""
        return ID_COLUMNS if choosing.has_secret_ids(self.model) else ()

    def get_fields(self, request: HttpRequest, obj: Badge | None = None) -> Any:
        """Without the id, while it is kept from the user."""
        hidden = (*ID_COLUMNS, "external_link") if obj and choosing.keeps_id(request, obj) else ()
        return [name for name in self.fields if name not in hidden]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the status of the newest promise."""
        newest = Issuance.objects.filter(badge=OuterRef("pk")).order_by("-pk").values("status")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(newest_promise=Subquery(newest))
        return rows

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the badge's story, and the buttons for what makes sense now."""
        rows = self.get_queryset(request).select_related("learner", "template", "account", "granted_by", "revoked_by")
        badge = rows.filter(pk=unquote(object_id)).first() if unquote(object_id).isdecimal() else None
        told = self._story(request, badge) if badge else {}
        return super().change_view(request, object_id, form_url, {**told, **(extra_context or {})})

    def _story(self, request: HttpRequest, badge: Badge) -> dict[str, Any]:
        def may(model: type[Model]) -> bool:
            return bool(self.admin_site.get_model_admin(model).has_view_permission(request))

        now, promises = timezone.now(), story.promises_of(badge)
        keeps_id = choosing.keeps_id(request, badge)
        word, tone = story.standing(badge, promises, now)
        learner_page = reverse("admin:badges_learner_change", args=(badge.learner_id,)) if may(Learner) else ""
        return {
            "badge": badge,
            "standing": word,
            "tone": tone,
            "steps": story.steps_of(badge, promises, now, may, keeps_id=keeps_id),
            "facts": story.facts_of(badge, keeps_id=keeps_id),
            "picture": badge.template.image_url if is_of_the_web(badge.template.image_url) else "",
            "public_page": story.public_page(badge),
            "provider_page": badge.external_url if is_of_the_web(badge.external_url) and not keeps_id else "",
            "learner_page": learner_page,
            "template_page": choosing.page_of(badge.template),
            "deeds": self._deeds(request, badge, promises),
        }

    def _deeds(self, request: HttpRequest, badge: Badge, promises: list[Issuance]) -> list[tuple[str, str]]:
        """The actions that make sense for this badge now, and that the user may run, with what each is called."""
        known = {
            "retry": any(each.status == Status.DEAD for each in promises) and _dead([badge.pk]).exists(),
            "correct": badge.status == Badge.Status.AWARDED
            and badge.external_id is not None
            and not any(each.action == Issuance.Action.UPDATE and each.open_key for each in promises),
            "repair": reconciling.disagreeing().filter(pk=badge.pk).exists(),
            "revoke": badge.status == Badge.Status.AWARDED,
        }
        own: QuerySet[Any] = self.model._default_manager.filter(pk=badge.pk)
        may: dict[str, Any] = self.get_actions(request) if self.workable(request, own).exists() else {}
        return [(name, str(may[name][2])) for name, makes_sense in known.items() if makes_sense and name in may]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any) -> HttpResponse | None:
        """As ever, but back to the badge's page where the button was there."""
        answer: HttpResponse | None = super().response_action(request, queryset, *args)
        badge = request.POST.get("back_to", "")
        if badge.isdecimal() and isinstance(answer, HttpResponseRedirect):
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(badge,))
            )
        return answer

    @admin.display(description=gettext_lazy("Page at the provider"), empty_value="-")
    def external_link(self, badge: Badge) -> str | SafeString:
        """A link, if its address is one of the web."""
        url = badge.external_url
        return format_html('<a href="{}" rel="noreferrer">{}</a>', url, url) if is_of_the_web(url) else url

    @admin.display(description=gettext_lazy("Newest promise"), ordering="newest_promise", empty_value="-")
    def newest_promise(self, badge: Any) -> str | None:
        """Whether what was decided has been delivered."""
        return str(Status(badge.newest_promise).label) if badge.newest_promise else None

    @admin.action(description=gettext_lazy("Retry"), permissions=("operate",))
    @asks_first(_to_retry)
    def retry(self, request: HttpRequest, queryset: QuerySet[Badge]) -> Touched:
        """Try the dead promises about them again."""

        def open_again(badges: list[Badge]) -> list[Badge]:
            opened = {each.badge_id for each in outbox.retry_all(list(_dead([badge.pk for badge in badges])))}
            return [badge for badge in badges if badge.pk in opened]

        chosen = queryset.count()
        done, later = in_batches(_failed(queryset), open_again)
        messages.success(request, _("To be tried again: %(count)d.") % {"count": done.number})
        if left := chosen - done.number - later:
            messages.warning(
                request, _("Left alone, because no promise about them is dead: %(count)d.") % {"count": left}
            )
        tell_later(request, later)
        return done

    @admin.action(description=gettext_lazy("Send name and address again"), permissions=("operate",))
    @asks_first(_to_correct)
    def correct(self, request: HttpRequest, queryset: QuerySet[Badge]) -> Touched:
        """For learners whose name or address has changed since."""

        def promise(badges: list[Badge]) -> list[Badge]:
            with transaction.atomic():
                outbox.promise_updates(badges, timezone.now())
            return badges

        done, later = in_batches(_correctable(queryset), promise)
        messages.success(request, _("To be corrected at the provider: %(count)d.") % {"count": done.number})
        tell_later(request, later)
        return done

    @admin.action(description=gettext_lazy("Make the provider agree with us"), permissions=("operate",))
    @asks_first(_to_repair)
    def repair(self, request: HttpRequest, queryset: QuerySet[Badge]) -> Touched:
        """Issue again what was taken back there only, and revoke again what was taken back here only."""
        chosen, promised = queryset.count(), {"issued": 0, "revoked": 0}

        def promise(badges: list[Badge]) -> list[Badge]:
            issued, revoked = reconciling.repair(badges, timezone.now())
            promised["issued"] += issued
            promised["revoked"] += revoked
            return badges

        torn, later = in_batches(queryset.filter(pk__in=reconciling.disagreeing()), promise)
        said = _("To be issued again: %(issued)d. To be revoked again: %(revoked)d.")
        messages.success(request, said % promised)
        if left := chosen - sum(promised.values()) - later:
            why = _("Left alone, because both sides agree or a promise is open: %(count)d.")
            messages.warning(request, why % {"count": left})
        tell_later(request, later)
        return torn
