"""The pages on which beat's schedules are edited stand what django-celery-beat's own do not."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from credentials_badges.badges.models import Learner

pytestmark = [pytest.mark.once, pytest.mark.django_db]
PAGE = "/admin/django_celery_beat/periodictask/"
CRONTABS = "/admin/django_celery_beat/crontabschedule/"


@pytest.fixture
def task() -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=1, period="hours")
    return PeriodicTask.objects.create(name="hourly", task="badges.purge", interval=interval)


@pytest.mark.parametrize("name", ["x" * 300, "\0", ""])
def test_a_task_of_no_possible_name_is_refused_by_words(admin_client: Client, task: PeriodicTask, name: str) -> None:
    told = {"name": "hourly", "task": name, "interval": task.interval_id, "args": "[]", "kwargs": "{}", "headers": "{}"}
    answer = admin_client.post(f"{PAGE}{task.pk}/change/", told)
    assert answer.status_code == 200
    assert "task" in answer.context["adminform"].form.errors


@pytest.mark.parametrize("odd", ["-1", "1e400", "%s%n", "["])
def test_a_crontab_that_means_nothing_is_refused_by_words(admin_client: Client, odd: str) -> None:
    names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    answer = admin_client.post(f"{CRONTABS}add/", {**dict.fromkeys(names, odd), "timezone": "UTC"})
    assert answer.status_code == 200
    assert set(names) <= set(answer.context["adminform"].form.errors)


@pytest.mark.parametrize(("permission", "enabled"), [("view_periodictask", True), ("change_periodictask", False)])
def test_who_may_only_look_switches_no_task(client: Client, task: PeriodicTask, permission: str, enabled: bool) -> None:
    clerk = Learner.objects.create(username="clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_periodictask", permission]))
    client.force_login(clerk)
    client.post(PAGE, {"action": "disable_tasks", "_selected_action": [task.pk]})
    task.refresh_from_db()
    assert task.enabled == enabled
