"""The Celery application; `badges.tasks` has the tasks, and `badges.schedule` says when beat rings for them."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun
from kombu.transport import TRANSPORT_ALIASES

from credentials_badges import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credentials_badges.settings")
TRANSPORT_ALIASES["filesystem"] = "credentials_badges.file_broker:Transport"
app = Celery("credentials_badges")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Django has set it up; whoever listens here keeps Celery from doing it once more, and otherwise."""


@task_prerun.connect
def begin(task_id: str, task: Any, **_: Any) -> None:
    """Say in each record which task it is about."""
    logs.begin(task=task.name, task_id=task_id)


@task_postrun.connect
def end(**_: Any) -> None:
    """What is logged from here on is about no task."""
    logs.begin()
