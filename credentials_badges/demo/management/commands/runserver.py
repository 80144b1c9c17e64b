"""``manage.py runserver``: Django's own, for as many at once as may come, and for bodies in chunks."""

from typing import Any

from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand
from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer

from credentials_badges.chunked import RAW_INPUT


class Handler(WSGIRequestHandler):
    """Tells the application how the path was sent, and leaves it bodies that come in chunks."""

    def get_environ(self) -> dict[str, Any]:
        """As ever, and more."""
        return {**super().get_environ(), "RAW_URI": self.path, RAW_INPUT: self.rfile}


class Server(WSGIServer):
    """Lets more than ten clients wait for their turn: the eleventh of Django's own finds the connection closed."""

    request_queue_size = 1024

    def __init__(self, address: Any, _: Any, **options: Any) -> None:
        super().__init__(address, Handler, **options)


class Command(RunserverCommand):
    """For development and demonstrations; in production, use a WSGI server."""

    help = (
        "Serve this site on 127.0.0.1:8000, or on the address and port that are given, for development and for "
        "demonstrations. In production, serve credentials_badges.wsgi with any WSGI server."
    )
    server_cls = Server
