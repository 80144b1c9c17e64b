"""What people have changed, and who it was. Rows are added, and never changed."""

from typing import Any, ClassVar, NoReturn, Self

from django.db import models

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

        ADMIN = "admin", "Administration"
        COMMAND = "command", "Command"
        API = "api", "REST API"
        DESK = "desk", "Organisers' desk"

    at = models.DateTimeField()
    actor = models.ForeignKey(Learner, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(
        max_length=255, help_text="What the actor was called then; of a command: the operating system's user."
    )
    via = models.CharField(max_length=8, choices=Via)
    action = models.CharField(max_length=255, help_text="Such as added, changed or deleted.")
    model = ExactCharField(max_length=100, blank=True, help_text="The kind of thing, such as badges.badgetemplate.")
    key = ExactCharField(max_length=255, blank=True, help_text="Which of them.")
    label = models.CharField(max_length=255, blank=True, help_text="What it was called then.")
    changes = models.JSONField(default=dict, help_text="By column: what stood there before, and what since.")

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(Entries)()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit entries"
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
