"""Judging stored events again, as a job that anybody may carry on."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.learners import Learner
from credentials_badges.badges.models.templates import BadgeTemplate


class Recomputation(models.Model):
    """What the rules as they stand make of the stored events: to be told only, or also to be done.

    It goes from learner to learner in the order of their ids, and can be carried on where a dead worker left it.
    """

    templates = models.ManyToManyField(BadgeTemplate, verbose_name=_("templates"), related_name="recomputations")
    applies = models.BooleanField(
        _("applies"), default=False, help_text=_("Award what is earned; otherwise only say what would be.")
    )
    revokes = models.BooleanField(
        _("revokes"), default=False, help_text=_("Take back what is not earned by the rules as they stand.")
    )
    asked_by = models.ForeignKey(
        Learner, verbose_name=_("asked by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, help_text=_("When its worker was last seen."))
    claim = models.UUIDField(_("claim"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    total = models.PositiveIntegerField(_("total"), default=0, help_text=_("Learners with events that count."))
    done = models.PositiveIntegerField(_("done"), default=0)
    cursor = models.BigIntegerField(
        _("cursor"), default=0, editable=False, help_text=_("The last learner who is done.")
    )
    report = models.JSONField(
        _("report"), default=dict, help_text=_("By template: who earns it, who would lose it, and how many.")
    )
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("recomputation")
        verbose_name_plural = _("recomputations")
        ordering = ("-id",)

    def __str__(self) -> str:
        said = gettext("recomputation %(number)s") if self.applies else gettext("preview %(number)s")
        return said % {"number": self.pk}
