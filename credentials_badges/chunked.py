"""Bodies that are sent in chunks, whose length nobody tells beforehand: Django takes them for empty.

Source: https://www.rfc-editor.org/rfc/rfc9112#section-7.1
"""

import re
from collections.abc import Iterable
from typing import BinaryIO
from wsgiref.types import WSGIEnvironment

RAW_INPUT = "credentials_badges.raw_input"
"""Where a server that leaves the chunks to us puts what comes from the client."""
LONGEST_LINE = 1000


def is_chunked(environ: WSGIEnvironment) -> bool:
    """Whether the request's body comes in chunks."""
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def whole(environ: WSGIEnvironment, most: int) -> bytes:
    """The body, but at most so many bytes of it. Raises ValueError or OSError for what is no chunk."""
    if environ.get("wsgi.input_terminated"):  # Servers such as gunicorn have put the chunks together.
        return bytes(environ["wsgi.input"].read(most))
    if RAW_INPUT not in environ:
        raise ValueError("nobody puts the chunks together")
    body = bytearray()
    for chunk in _chunks(environ[RAW_INPUT]):
        body += chunk[: most - len(body)]
    return bytes(body)


def _chunks(stream: BinaryIO) -> Iterable[bytes]:
    """Each piece of each chunk, to the end of the last one, so that the next request begins where it ought to."""
    while left := _size(stream.readline(LONGEST_LINE)):
        while left:
            if not (piece := stream.read(min(left, 65_536))):
                raise ValueError("the body broke off")
            left -= len(piece)
            yield piece
        stream.readline(LONGEST_LINE)
    while stream.readline(LONGEST_LINE).strip():
        pass  # Headers after the body, which nobody needs.


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", digits):
        raise ValueError("that is no length")
    return int(digits, 16)
