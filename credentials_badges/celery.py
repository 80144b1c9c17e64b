"""The Celery application; `credentials_badges.badges.tasks` has the tasks, `settings` the schedule."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credentials_badges.settings")
app = Celery("credentials_badges")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
