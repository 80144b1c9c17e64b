"""What each pull of templates did."""

from django.db import models

from credentials_badges.badges.models.accounts import ProviderAccount


class SyncRun(models.Model):
    """One pull of one account's templates."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="sync_runs")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    archived = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.account}, {self.started_at:%Y-%m-%d %H:%M}"
