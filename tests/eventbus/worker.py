"""``python -m tests.eventbus.worker TOPIC GROUP``: reads the bus as an operator's process does, and processes what is
stored, a few at a time, until it is told to stop.
"""

import os
import sys
import threading

import django
from django.core.management import call_command
from django.db import OperationalError, connection

AT_A_TIME = 10
"""Few, so that workers meet as often as can be."""


def process(stop: threading.Event) -> None:
    """What a Celery worker does, again and again."""
    from credentials_badges.badges import events

    while not stop.is_set():
        try:
            if not events.process_waiting(AT_A_TIME):
                stop.wait(0.02)
        except OperationalError:  # Too many others want the same rows: the next turn comes.
            connection.close()


def main(topic: str, group: str) -> None:
    """Both at once."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "credentials_badges.settings"
    django.setup()
    from credentials_badges.celery import app
    from credentials_badges.eventbus import consuming

    app.conf.update(broker_url="memory://", broker_transport_options={})
    consuming.AT_A_TIME, consuming.BLOCK_MS = AT_A_TIME, 200
    stop = threading.Event()
    processing = threading.Thread(target=process, args=(stop,))
    processing.start()
    try:
        call_command("consume_events", "-t", topic, "-g", group, "--extra", '{"claim_msgs_older_than": 1000}')
    finally:
        stop.set()
        processing.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
