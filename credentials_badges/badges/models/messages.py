"""Messages that leave this service: the row is the queue, as it is for promises."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credentials_badges.badges.models.fields import ExactCharField


class Message(models.Model):
    """Something to be sent at least once. What kinds there are, and who sends each, is known to `posting`."""

    class Status(models.TextChoices):
        """What became of it."""

        PENDING = "pending", _("Pending")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Dead")

    topic = ExactCharField(
        _("topic"), max_length=255, blank=True, help_text=_("Messages of one topic are sent in the order of their ids.")
    )
    destination = ExactCharField(
        _("destination"),
        max_length=255,
        blank=True,
        help_text=_("What it shares with others that have to wait while that is down."),
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = models.Manager()

    class Meta:
        abstract = True
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("status", "not_before"), name="%(class)s_due"),
            models.Index(fields=("topic", "status"), name="%(class)s_topic"),
        )


class Mail(Message):
    """A mail to one person."""

    SERVER, LISTS = "mail server", "mail server, lists"
    """Destinations: mails to many go by the same server, but at a limited rate, and keep nobody else's mail waiting."""
    destination = ExactCharField(_("destination"), max_length=255, default=SERVER, editable=False)
    to = models.EmailField(pgettext_lazy("mail", "to"))
    subject = models.TextField(_("subject"))
    text = models.TextField(_("text"), help_text=_("It may hold a secret link."))
    html = models.TextField(_("HTML"), blank=True, help_text=_("The same for readers that show more than text."))

    class Meta(Message.Meta):
        verbose_name = _("mail")
        verbose_name_plural = _("mails")

    def __str__(self) -> str:
        return self.subject
