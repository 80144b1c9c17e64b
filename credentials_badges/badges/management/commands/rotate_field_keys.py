"""``manage.py rotate_field_keys``: what is encrypted is encrypted under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials_badges.badges import auditing, rotating
from credentials_badges.badges.management.terminal import progress


class Command(BaseCommand):
    """The second of three steps: a new key in front, this, and the old key away."""

    help = (
        "Encrypt anew, under the first of FIELD_ENCRYPTION_KEYS, all that is kept encrypted. To change the key: put a "
        "new one in front of the old one and restart everything; run this; take the old one away and restart again. "
        "It may be broken off and run again, beside a service that runs."
    )

    def handle(self, **_: Any) -> None:
        """Tell how many there were; fail if some cannot be read by any key, since these are lost without it."""
        with progress("Encrypting", rotating.total()) as advance:
            told = rotating.rotate(advance)
        auditing.note_command("encrypted secrets anew", changes={"rotated": told.rotated})
        self.stdout.write(f"{told.rotated} encrypted anew, {told.current} were under the newest key already.")
        if told.unreadable:
            raise CommandError(
                f"None of the keys reads {', '.join(told.unreadable)}. Add the key that is missing to "
                "FIELD_ENCRYPTION_KEYS and run this again, or enter these secrets anew."
            )
