"""Beat's schedule is there after every migrate, once, and as the operator has changed it."""

import pytest
from django.core.management import call_command
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from credentials_badges.badges import schedule, tasks
from credentials_badges.celery import app

pytestmark = pytest.mark.django_db


def test_each_row_is_there_and_names_a_task_that_exists() -> None:
    rows = PeriodicTask.objects.values_list("name", "task", "interval__every", "interval__period")
    assert set(rows) == {(name, task, seconds, "seconds") for name, (task, seconds) in schedule.EVERY.items()}
    assert tasks.sweep.name in {row[1] for row in rows}
    assert {row[1] for row in rows} <= set(app.tasks)


def test_what_the_operator_changed_stays_and_what_is_missing_comes_back() -> None:
    often = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.filter(name="badges: pull templates").update(interval=often, enabled=False)
    PeriodicTask.objects.filter(name="badges: purge").delete()
    call_command("migrate", verbosity=0)
    pulled = PeriodicTask.objects.get(name="badges: pull templates")
    assert (pulled.interval, pulled.enabled) == (often, False)
    assert PeriodicTask.objects.filter(name="badges: purge").count() == 1
    assert PeriodicTask.objects.count() == len(schedule.EVERY)


def test_several_equal_intervals_do_no_harm() -> None:
    IntervalSchedule.objects.create(every=10, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.all().delete()
    schedule.lay_down()
    schedule.lay_down()
    assert PeriodicTask.objects.count() == len(schedule.EVERY)
