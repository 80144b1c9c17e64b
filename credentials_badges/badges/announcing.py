"""Who wants to hear of badges that are awarded or withdrawn is told in the transaction in which that happens."""

from collections.abc import Callable, Sequence

from credentials_badges.badges.models import Badge

_listeners: list[Callable[[Sequence[Badge], Badge.Status], None]] = []


def also_tell(listener: Callable[[Sequence[Badge], Badge.Status], None]) -> None:
    """From now on, `listener` is told which badges have got which status; apps say so when they are ready.

    The learners are locked, so what is told of one badge is told in order. New badges may not know their own id
    (MySQL does not tell it), but always their uuid. The listener takes a constant number of statements.
    """
    _listeners.append(listener)


def announce(badges: Sequence[Badge], status: Badge.Status) -> None:
    """Tell that these badges were awarded, or revoked. Whoever writes a badge's status calls this."""
    if badges:
        for listener in _listeners:
            listener(badges, status)
