"""What learners may show of their work, and where their files are kept.

What a file is, is found out from what is in it: its name and its sender's word are only words. No file is read into
memory as a whole.
"""

import codecs
import logging
import re
import zipfile
import zlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any, TypeAlias

import puremagic
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.badgekit.models import ClaimEvidence
from providers.badgekit.models.claims import evidence_storage

log = logging.getLogger(__name__)

Upload: TypeAlias = "UploadedFile[Any]"

MOST_ITEMS = 5
"""Pieces of evidence that one claim has."""
MOST_FILE_BYTES = 20 * 1024 * 1024
LONGEST_TEXT = 10_000
"""Characters."""
LONGEST_LINK = 2_048
LONGEST_ABOUT = 500
"""Characters that are said about a link or a file."""
LONGEST_NAME = 255

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
TEXT = "text/plain"
PHOTOS = ("image/jpeg", "image/png", "image/gif", "image/webp")
EXTENSIONS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "video/mp4": (".mp4",),
    "video/webm": (".webm",),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a",),
    "audio/ogg": (".ogg",),
    "audio/wav": (".wav",),
    "application/pdf": (".pdf",),
    TEXT: (".txt",),
    DOCX: (".docx",),
    PPTX: (".pptx",),
    ODT: (".odt",),
}
"""The types that are taken, with the ends that a name may have: what is saved under it is opened by its end."""
TAKEN = _(
    "Taken are photos (JPEG, PNG, GIF, WebP), videos (MP4, WebM), sound (MP3, M4A, OGG, WAV), and documents "
    "(PDF, plain text in UTF-8, DOCX, PPTX, ODT; without macros)."
)

_SIGNS = {
    # What follows is in a wrapper that puremagic takes for MP4 or WebM as well.
    **dict.fromkeys((".mkv", ".mov", ".heif", ".avif"), ""),
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".mpga": "audio/mpeg",
}
"""By puremagic's word for what it has found; the first one that it says counts."""
_PARTS = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": DOCX,
    b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": PPTX,
}
"""What an Office document says of its main part."""
_MACROS = re.compile(r"vbaProject|^Basic/|^Scripts/", re.IGNORECASE)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, LookupError, RuntimeError, OSError, EOFError, OverflowError)
"""What zipfile raises for archives that are none."""
_AT_ONCE = 256 * 1024
"""Bytes of an archive that are read at once: also of its directory, which has some 50 for each file in it."""
_BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_PROGRAM = re.compile(r"<[a-z!?/]|#!|%!|\{\\rtf", re.IGNORECASE)
"""How texts begin that are markup or a program."""
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, and what turns the direction of writing, by which a name or an address may pretend to be another."""


class Refused(ValueError):
    """It is not taken; the message names it and says why, and what would be."""


def too_many(number: int) -> Refused:
    """What is said of so many pieces of evidence."""
    words = gettext("A claim has at most %(most)d pieces of evidence, not %(number)d.")
    return Refused(words % {"most": MOST_ITEMS, "number": number})


def text(words: str) -> ClaimEvidence:
    """A text, not stored yet. Raises Refused."""
    return ClaimEvidence(
        kind=ClaimEvidence.Kind.TEXT, text=_words(gettext("The text"), words, LONGEST_TEXT, is_needed=True)
    )


def link(url: str, about: str = "") -> ClaimEvidence:
    """A link, not stored yet. Raises Refused."""
    url = url.strip()
    shown = f"{url[:80]}…" if len(url) > 80 else url
    if len(url) > LONGEST_LINK:
        told = {"link": shown, "number": f"{len(url):,}", "most": f"{LONGEST_LINK:,}"}
        raise Refused(gettext("The link “%(link)s” has %(number)s characters; a link has at most %(most)s.") % told)
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        words = gettext("“%(link)s” is no link: it has to be an address such as https://example.org/my-work.")
        raise Refused(words % {"link": shown}) from None
    if _UNSEEN.search(url):
        words = gettext("The link “%(link)s” holds characters that cannot be seen.")
        raise Refused(words % {"link": _UNSEEN.sub("", shown)})
    return ClaimEvidence(
        kind=ClaimEvidence.Kind.LINK, url=url, text=_words(gettext("The note on a link"), about, LONGEST_ABOUT)
    )


def file(upload: Upload, about: str = "") -> ClaimEvidence:
    """A file, not stored yet, neither the row nor the bytes. Raises Refused."""
    name, size = _name(upload.name or ""), upload.size or 0
    if not size:
        raise Refused(gettext("“%(name)s” is empty. %(taken)s") % {"name": name, "taken": TAKEN})
    if size > MOST_FILE_BYTES:
        told = {"name": name, "size": filesizeformat(size), "most": filesizeformat(MOST_FILE_BYTES)}
        raise Refused(gettext("“%(name)s” has %(size)s; a file has at most %(most)s.") % told)
    media_type = _media_type(upload)
    if not media_type:
        words = gettext("“%(name)s” is none of the files that are taken. %(taken)s")
        raise Refused(words % {"name": name, "taken": TAKEN})
    ends = EXTENSIONS[media_type]
    if not name.lower().endswith(ends):
        name = f"{name[: LONGEST_NAME - len(ends[0])]}{ends[0]}"
    about = _words(gettext("The note on a file"), about, LONGEST_ABOUT)
    kind = ClaimEvidence.Kind.FILE
    return ClaimEvidence(kind=kind, text=about, file=upload, filename=name, media_type=media_type, size=size)


def keep(items: Iterable[ClaimEvidence]) -> None:
    """Store the files of items that are not stored themselves; all of them, or none.

    Raises Refused if there are too many for one claim. A disk has no transactions: call this before one begins, and
    `discard` if it fails. Half a file on a disk that is full is left for `purge`.
    """
    items = list(items)
    if len(items) > MOST_ITEMS:
        raise too_many(len(items))
    kept: list[ClaimEvidence] = []
    try:
        for item in items:
            if item.file:
                item.file.save(item.filename, item.file.file, save=False)
                kept.append(item)
    except OSError:
        log.exception("files of evidence could not be stored")
        discard(kept)
        raise Refused(gettext("Files cannot be stored at present. Try again later, or send a link.")) from None
    except BaseException:
        discard(kept)
        raise


def discard(items: Iterable[ClaimEvidence]) -> None:
    """Remove the stored files of items; what cannot be removed is left for `purge`."""
    for item in items:
        if item.file:
            try:
                evidence_storage().delete(str(item.file.name))
            except OSError:
                log.exception("a file of somebody's evidence could not be removed")


def purge(before: datetime) -> None:
    """Remove the files that were stored before that and belong to no row: whoever stored them died over it."""
    storage = evidence_storage()
    if not storage.exists(""):
        return
    for folder in storage.listdir("")[0]:
        named = set(ClaimEvidence.objects.filter(file__startswith=f"{folder}/").values_list("file", flat=True))
        for each in storage.listdir(folder)[1]:
            path = f"{folder}/{each}"
            if path not in named and storage.get_modified_time(path) < before:
                storage.delete(path)


def _words(what: str, words: str, most: int, *, is_needed: bool = False) -> str:
    """The words, if they can be stored; lines end in one way."""
    words = "\n".join(words.strip().splitlines())
    if is_needed and not words:
        raise Refused(gettext("%(what)s is empty.") % {"what": what})
    if len(words) > most:
        told = {"what": what, "number": f"{len(words):,}", "most": f"{most:,}"}
        raise Refused(gettext("%(what)s has %(number)s characters; it has at most %(most)s.") % told)
    if re.search("[\x00\ud800-\udfff]", words):
        raise Refused(gettext("%(what)s holds a character that is none. Type it anew.") % {"what": what})
    return words


def _name(sent: str) -> str:
    """What the file is called, without what was before it, and so that it can be shown."""
    name = _UNSEEN.sub("", re.split(r"[/\\]", sent)[-1]).strip(" .") or "file"
    end = PurePosixPath(name).suffix[-16:]
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - len(end)] + end


def _media_type(upload: Upload) -> str:
    """What is in the file; empty if that is not taken."""
    upload.seek(0)
    try:
        # All that is in RIFF is taken there for each of its kinds.
        found = {each.extension for each in puremagic.magic_stream(upload) if each.byte_match != b"RIFF"}
    except LookupError:
        found = set()
    if ".docx" in found:  # Or any other archive.
        return _document(upload)
    if ".pdf" in found:
        return "application/pdf"
    if begins := _text(upload):
        return "" if _PROGRAM.match(begins) else TEXT
    return next((media_type for sign, media_type in _SIGNS.items() if sign in found), "")


def _text(upload: Upload) -> str:
    """How the text in the file begins; empty if it is none."""
    decoder, begins = codecs.getincrementaldecoder("utf-8-sig")(), ""
    try:
        for chunk in upload.chunks():
            words = decoder.decode(chunk)
            if _BINARY.search(words):
                return ""
            begins = begins or words.lstrip()[:16]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return ""
    return begins


class _Sips:
    """A file of which little is read at once, since the directory of an archive may fill nearly all of it."""

    def __init__(self, source: Any) -> None:
        self.seek, self.tell, self.seekable = source.seek, source.tell, source.seekable
        self.source = source

    def read(self, size: int = -1) -> bytes:
        """A little, however much is asked for."""
        return bytes(self.source.read(min(size, _AT_ONCE) if size >= 0 else _AT_ONCE))


def _document(upload: Upload) -> str:
    """What the archive is; empty if it is none of the documents that are taken, or has macros."""
    source: IO[bytes] = _Sips(upload)  # type: ignore[assignment]
    try:
        with zipfile.ZipFile(source) as archive:
            if any(_MACROS.search(name) for name in archive.namelist()):
                return ""
            if _member(archive, "mimetype") == ODT.encode():
                return ODT
            parts = _member(archive, "[Content_Types].xml")
    except _UNREADABLE:
        return ""
    if b"macroenabled" in parts.lower():
        return ""
    return next((media_type for part, media_type in _PARTS.items() if part in parts), "")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The beginning of a file in the archive; empty if there is none."""
    if name not in archive.namelist():
        return b""
    info = archive.getinfo(name)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return b""  # No document has that, and other kinds may ask for any amount of memory.
    with archive.open(info) as member:
        return member.read(_AT_ONCE)
