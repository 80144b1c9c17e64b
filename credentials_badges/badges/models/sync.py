"""What each pull of templates did, or would do; also as a job that any worker may carry out."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credentials_badges.badges.models.accounts import ProviderAccount
from credentials_badges.badges.models.learners import Learner


class SyncRun(models.Model):
    """One pull of one account's templates: to be told only, or also to be done."""

    class State(models.TextChoices):
        """How far it has come; told by the columns, so that it never contradicts them."""

        WAITING = "waiting", _("Waiting for a worker")
        LISTING = "listing", _("Listing")
        READY = "ready", _("Ready to be looked at")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Failed")

    class Failure(models.TextChoices):
        """Why nothing was changed, named by what cures it."""

        MISCONFIGURED = "misconfigured", _("Key or address refused")
        PROVIDER = "provider", _("Provider in trouble")
        GUARD = "guard", _("Too much would be archived")
        CRASHED = "crashed", _("Broke off")

    account = models.ForeignKey(
        ProviderAccount, verbose_name=_("account"), on_delete=models.CASCADE, related_name="sync_runs"
    )
    asked_by = models.ForeignKey(
        Learner, verbose_name=_("asked by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    applies = models.BooleanField(
        _("applies"), default=True, help_text=_("Write what has changed; otherwise only say what would.")
    )
    forces = models.BooleanField(_("forces"), default=False, help_text=_("However much would be archived."))
    started_at = models.DateTimeField(
        _("started at"), help_text=_("When it was asked for; once a worker is at it, when that began.")
    )
    claimed_at = models.DateTimeField(_("claimed at"), null=True, help_text=_("When its worker was last seen."))
    claim = models.UUIDField(_("claim"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    seen = models.PositiveIntegerField(_("seen"), default=0, help_text=_("Rows that the provider has shown so far."))
    created = models.PositiveIntegerField(pgettext_lazy("templates", "created"), default=0)
    changed = models.PositiveIntegerField(pgettext_lazy("templates", "changed"), default=0)
    unchanged = models.PositiveIntegerField(pgettext_lazy("templates", "unchanged"), default=0)
    archived = models.PositiveIntegerField(pgettext_lazy("templates", "archived"), default=0)
    unreadable = models.PositiveIntegerField(pgettext_lazy("templates", "unreadable"), default=0)
    diff = models.JSONField(
        _("diff"), default=dict, help_text=_("By kind: the first of the templates that it is about.")
    )
    failure = models.CharField(_("failure"), max_length=16, choices=Failure, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ("-id",)
        indexes = (models.Index(fields=("finished_at",), name="sync_finished"),)

    def __str__(self) -> str:
        return f"{self.account}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.finished_at is None:
            return self.State.LISTING if self.claimed_at else self.State.WAITING
        if self.failure:
            return self.State.FAILED
        return self.State.APPLIED if self.applies else self.State.READY


SYNC_STATES = {
    SyncRun.State.WAITING: Q(finished_at=None, claimed_at=None),
    SyncRun.State.LISTING: Q(finished_at=None, claimed_at__isnull=False),
    SyncRun.State.READY: Q(finished_at__isnull=False, failure="", applies=False),
    SyncRun.State.APPLIED: Q(finished_at__isnull=False, failure="", applies=True),
    SyncRun.State.FAILED: Q(finished_at__isnull=False) & ~Q(failure=""),
}
"""The same, to be looked for."""
