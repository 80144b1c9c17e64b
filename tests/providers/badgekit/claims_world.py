"""Claims with evidence at the desk of the small store, and files as learners send them."""

import io
import wave
import zipfile
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from providers.badgekit import evidence, reviewing
from providers.badgekit.claims import Claimant
from providers.badgekit.models import Claim, ClaimCode, ClaimEvidence
from tests.providers.badgekit.api import PNG
from tests.providers.badgekit.claim_page import code

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
ODT = "application/vnd.oasis.opendocument.text"


def upload(content: bytes = PNG, name: str = "photo.png", sent_as: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, sent_as)


def archive(**members: str | bytes) -> bytes:
    """A ZIP archive; `types` and `mimetype` stand for what documents begin with."""
    named = {"types": "[Content_Types].xml", "vba": "word/vbaProject.bin", "basic": "Basic/script-lb.xml"}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(named.get(name, name), content)
    return made.getvalue()


def types(main: str) -> str:
    return f'<Types><Override PartName="/word/document.xml" ContentType="{main}"/></Types>'


def sound() -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(bytes(200))
    return made.getvalue()


def claim(
    email: str = "ada@example.com", of: str = "coder", items: tuple[ClaimEvidence, ...] = (), **told: Any
) -> Claim:
    """A claim that waits; each by a code of its own unless one is named."""
    used = told.pop("code", None) or code(f"code-{ClaimCode.objects.count()}", of, needs_approval=True)
    made = reviewing.submit(used, email, Claimant(evidence=items, is_reviewed=True, **told))
    assert made is not None
    return made


def with_photo(email: str = "ada@example.com", **told: Any) -> tuple[Claim, ClaimEvidence]:
    made = claim(email, items=(evidence.file(upload(**told)),))
    return made, made.evidence.get()
