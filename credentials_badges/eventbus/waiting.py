"""How long to wait for a server that is away."""

import threading

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 30.0


class Patience:
    """Waits longer each time, until it is told to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.renew()

    def renew(self) -> None:
        """The server answers: next time, begin with the shortest wait."""
        self._seconds = FIRST_SECONDS

    def run_out(self) -> bool:
        """Wait. Whether it was told to stop meanwhile."""
        seconds, self._seconds = self._seconds, min(self._seconds * 2, LONGEST_SECONDS)
        return self._stop.wait(seconds)
