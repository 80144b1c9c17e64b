"""Messages that leave this service: the row is the queue, as it is for promises."""

from django.db import models

from credentials_badges.badges.models.fields import ExactCharField


class Message(models.Model):
    """Something to be sent at least once. What kinds there are, and who sends each, is known to `posting`."""

    class Status(models.TextChoices):
        """What became of it."""

        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        DEAD = "dead", "Dead"

    topic = ExactCharField(
        max_length=255, blank=True, help_text="Messages of one topic are sent in the order of their ids."
    )
    destination = ExactCharField(
        max_length=255, blank=True, help_text="What it shares with others that have to wait while that is down."
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

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
    destination = ExactCharField(max_length=255, default=SERVER, editable=False)
    to = models.EmailField()
    subject = models.TextField()
    text = models.TextField(help_text="It may hold a secret link.")
    html = models.TextField(blank=True, help_text="The same for readers that show more than text.")

    class Meta(Message.Meta):
        verbose_name_plural = "mails"

    def __str__(self) -> str:
        return self.subject
