"""What beat does when: django-celery-beat's own pages, mended where they fail or need a script within themselves."""

from typing import Any

from django.contrib import admin
from django_celery_beat.admin import CrontabScheduleAdmin, PeriodicTaskAdmin, PeriodicTaskForm
from django_celery_beat.models import CrontabSchedule, PeriodicTask


class TaskForm(PeriodicTaskForm):  # type: ignore[misc]
    """Its own takes for granted that a task's name is a valid one."""

    def clean(self) -> Any:
        """Check it also if it is none."""
        self.cleaned_data.setdefault("task", "")
        return super().clean()


class TaskAdmin(PeriodicTaskAdmin):  # type: ignore[misc]
    """The script within its own page only moves the words for a crontab, and our policy lets none be run."""

    form = TaskForm
    change_form_template = None


class CrontabAdmin(CrontabScheduleAdmin):  # type: ignore[misc]
    """Its own puts into words also what cannot be understood, and fails."""

    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
    readonly_fields = ()


admin.site.unregister([PeriodicTask, CrontabSchedule])
admin.site.register(PeriodicTask, TaskAdmin)
admin.site.register(CrontabSchedule, CrontabAdmin)
