"""With another consumer, such as Kafka's, events arrive as Open edX's signals.

Such a consumer tells its bus that it has dealt with a message once all receivers have returned, whatever they raised.
So ours returns only when the database has the event.
"""

import threading
from typing import Any

from openedx_events.tooling import OpenEdxPublicSignal, load_all_signals

from credentials_badges.eventbus import reading, storing

_never = threading.Event()


def connect() -> None:
    """From now on, every Open edX signal of this process is stored as an event."""
    load_all_signals()
    for signal in OpenEdxPublicSignal.all_events():
        signal.connect(store, dispatch_uid=__name__)


def disconnect() -> None:
    """No longer; for tests."""
    for signal in OpenEdxPublicSignal.all_events():
        signal.disconnect(dispatch_uid=__name__)


def store(*, signal: Any, metadata: Any, **told: Any) -> None:
    """Store the event, however long that takes."""
    storing.store([reading.of_signal(metadata, {name: told[name] for name in signal.init_data})], _never)
