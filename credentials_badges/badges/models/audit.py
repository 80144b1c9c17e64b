"""What people have changed, and who it was. Rows are added, and never changed."""

from typing import Any, ClassVar, NoReturn, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from credentials_badges.badges.models.fields import ExactCharField
from credentials_badges.badges.models.learners import Learner


class AppendOnly(Exception):
    """Somebody tried to change or delete what is only added to."""


class Entries(models.QuerySet["AuditEntry"]):
    """Entries to be read. Retirement and retention, which alone change them, ask for a plain QuerySet."""

    def update(self, **_: Any) -> NoReturn:
        """Not these."""
        raise AppendOnly

    def delete(self) -> NoReturn:
        """Not these."""
        raise AppendOnly

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Not these."""
        raise AppendOnly


class AuditEntry(models.Model):
    """One thing that a person has done to one object. Of secrets it says that they were changed, and nothing else."""

    class Via(models.TextChoices):
        """By which way in."""

        ADMIN = "admin", _("Administration")
        COMMAND = "command", _("Command")
        API = "api", _("REST API")
        DESK = "desk", _("Organisers' desk")

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        Learner, verbose_name=_("actor"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(
        _("actor name"),
        max_length=255,
        help_text=_("What the actor was called then; of a command: the operating system's user."),
    )
    via = models.CharField(_("via"), max_length=8, choices=Via)
    action = models.CharField(_("action"), max_length=255, help_text=_("Such as added, changed or deleted."))
    model = ExactCharField(
        _("model"), max_length=100, blank=True, help_text=_("The kind of thing, such as badges.badgetemplate.")
    )
    key = ExactCharField(_("key"), max_length=255, blank=True, help_text=_("Which of them."))
    label = models.CharField(_("label"), max_length=255, blank=True, help_text=_("What it was called then."))
    changes = models.JSONField(
        _("changes"), default=dict, help_text=_("By column: what stood there before, and what since.")
    )

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(Entries)()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("model", "key"), name="audit_object"),
            models.Index(fields=("at",), name="audit_at"),
        )

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.label or self.key}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it. Raises AppendOnly if it is there already."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Never."""
        raise AppendOnly
