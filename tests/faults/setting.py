"""What an operator does once, in a process of the installation's own."""

from io import StringIO

from django.contrib.auth.models import Permission
from django.core.management import call_command
from django_celery_beat.models import IntervalSchedule
from kombu import Queue
from rest_framework.authtoken.models import Token

from credentials_badges.badges.models import Learner
from credentials_badges.celery import app

SWEEP_SECONDS = (10, 1)
"""As the schedule has it, and as it is here: nobody wants to wait for it."""


def command(*words: str, **options: str) -> None:
    """What an operator would call, without what it prints."""
    call_command(*words, **options, stdout=StringIO(), stderr=StringIO())


def configure(address: str, accounts: list[dict[str, str]], rules: str) -> None:
    """Accounts, templates, and the rules of a file, before anything can be earned."""
    for account in accounts:
        command(
            "add_account",
            account["provider"],
            external_id=account["external_id"],
            api_key=account["key"],
            base_url=address + account["path"],
        )
    command("sync_templates")
    command("configure_badges", rules)


def set_up(address: str, accounts: list[dict[str, str]], rules: str) -> str:
    """All of that, and somebody who may send events, whose token is returned."""
    configure(address, accounts, rules)
    usual, here = SWEEP_SECONDS
    IntervalSchedule.objects.filter(every=usual, period=IntervalSchedule.SECONDS).update(every=here)
    lms = Learner.objects.create_user("the-lms")
    lms.user_permissions.add(Permission.objects.get(codename="add_learningevent"))
    return str(Token.objects.create(user=lms).key)


def delete_queues(*names: str) -> None:
    """With all that waits in them."""
    with app.connection_for_write() as connection:
        for name in names:
            Queue(name, channel=connection.default_channel).delete()
