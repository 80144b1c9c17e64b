"""Celery's messages as files, each of which is there only once it is whole.

Kombu's own transport writes a message where it is already looked for. A worker that meets one too early, or what a full
disk or a killed process has left of one, stops for good.
"""

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes under a name that nobody looks for, and then gives it the right one."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # As in Kombu itself.
        name = f"{round(monotonic() * 1000)}_{uuid4()}"  # Files are taken in the order of their names.
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{name}.unfinished"
        try:
            unfinished.write_text(dumps(payload), encoding="utf-8")
            unfinished.rename(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"a message cannot be written to {folder} ({type(error).__name__})") from error
        finally:
            unfinished.unlink(missing_ok=True)


class Transport(filesystem.Transport):
    """What ``filesystem://`` stands for here."""

    Channel = Channel
