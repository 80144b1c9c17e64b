"""What beat does from time to time. The rows are made once; from then on they are the operator's, who edits them in the
admin.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

HOUR, DAY = 3600, 24 * 3600

EVERY = {
    # Also what wakes promises and messages that were postponed; a few statements when there is nothing to do.
    "badges: sweep": ("badges.sweep", 10),
    "badges: poll changes": ("badges.poll_changes", HOUR // 4),
    "badges: pull templates": ("badges.pull_templates", HOUR),
    "badges: reconcile": ("badges.reconcile", DAY),
    "badges: purge": ("badges.purge", DAY),
    "badges: watch keys": ("badges.watch_keys", DAY),
}
"""The name of each row, its task, and after how many seconds it is due again."""


def lay_down(**_: Any) -> None:
    """After the tables were made: add the rows that are missing, and leave those that are there as they are."""
    if "django_celery_beat_periodictask" not in connection.introspection.table_names():
        return
    missing = EVERY.keys() - set(PeriodicTask.objects.filter(name__in=EVERY).values_list("name", flat=True))
    if not missing:
        return
    PeriodicTask.objects.bulk_create(
        [
            PeriodicTask(name=name, task=task, interval=_interval(seconds), expire_seconds=_expiry(seconds))
            for name, (task, seconds) in EVERY.items()
            if name in missing
        ],
        ignore_conflicts=True,
    )
    PeriodicTasks.update_changed()


def _expiry(seconds: int) -> int:
    """Until the next one is due, but not so soon that clocks of two machines, which differ a little, decide it."""
    return min(max(seconds, 60), HOUR)


def _interval(seconds: int) -> IntervalSchedule:
    wanted = {"every": seconds, "period": IntervalSchedule.SECONDS}
    return IntervalSchedule.objects.filter(**wanted).first() or IntervalSchedule.objects.create(**wanted)


class Entry(ModelEntry):  # type: ignore[misc]
    """One row, for beat."""

    last_run_at: datetime

    def is_due(self) -> Any:
        """After the clock was set back, the last run lies ahead of us: nobody is to wait until it comes again."""
        now = self._default_now()
        self.last_run_at = min(self.last_run_at, now)
        return super().is_due()


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """What beat goes by."""

    Entry = Entry
