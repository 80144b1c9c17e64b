"""What learners may show of their work, by what is in it, and what becomes of their files."""

import tracemalloc
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile

from providers.badgekit import evidence
from tests.providers.badgekit.api import PNG
from tests.providers.badgekit.claims_world import (
    MACROS,
    ODT,
    SLIDES,
    WORD,
    archive,
    sound,
    types,
    upload,
)

pytestmark = pytest.mark.once

HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d") + bytes(60)
MKV = bytes.fromhex("1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61") + bytes(60)


def ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\2\0" + brand + b"mp41" + bytes(60)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(90), "image/jpeg"),
        (b"\xff\xd8\xff\xe1\x10\0Exif\0\0" + bytes(90), "image/jpeg"),
        (b"GIF89a\1\0\1\0\x80\0\0" + bytes(20), "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40), "image/webp"),
        (ftyp(b"isom"), "video/mp4"),
        (ftyp(b"mp42"), "video/mp4"),
        (ftyp(b"M4A "), "audio/mp4"),
        (WEBM, "video/webm"),
        (b"ID3\x03\0\0\0\0\0\0\xff\xfb\x90\0" + bytes(400), "audio/mpeg"),
        (b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0" + bytes(400), "audio/mpeg"),
        (b"\xff\xfb\x90\0" + bytes(400), "audio/mpeg"),
        (b"OggS\0\2" + bytes(20) + b"\x01\x1e\x01vorbis" + bytes(40), "audio/ogg"),
        (sound(), "audio/wav"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n%%EOF\n", "application/pdf"),
        (b"%PDF-1.4\n%%EOF\n", "application/pdf"),
        ("Grüße, 你好, 😀, שלום\n".encode(), "text/plain"),
        ("\ufeffWith a mark before it.".encode(), "text/plain"),
        (b"<3 this course. ID3 and MZ and BM are words.", "text/plain"),
        (archive(types=types(WORD)), evidence.DOCX),
        (archive(types=types(SLIDES)), evidence.PPTX),
        (archive(mimetype=ODT), evidence.ODT),
    ],
)
def test_the_type_is_that_of_the_content(content: bytes, media_type: str) -> None:
    taken = evidence.file(upload(content, "virus.exe", "text/html"), "What it is.")
    assert (taken.media_type, taken.size, taken.text) == (media_type, len(content), "What it is.")
    assert taken.filename == f"virus.exe{evidence.EXTENSIONS[media_type][0]}"
    assert taken.pk is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"\n\t  " + HTML,
        "\ufeff".encode() + HTML,
        b"<SCRIPT>alert(1)</SCRIPT>",
        b"<!-- x --><html>",
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        b"#!/bin/sh\nrm -r /",
        b"{\\rtf1 x}",
        b"MZ\x90\0" + bytes(100),
        b"\x7fELF" + bytes(100),
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600),
        "No UTF-8: grün".encode("latin-1"),
        "UTF-16".encode("utf-16"),
        b"With a NUL\0 in it",
        b"RIFF\x24\0\0\0AVI LIST" + bytes(40),
        MKV,
        ftyp(b"qt  "),
        ftyp(b"heic"),
        archive(**{"a.txt": "x"}),
        archive(types=types(MACROS)),
        archive(types=types(WORD), vba=b"x"),
        archive(types=types(SLIDES), **{"ppt/VBAPROJECT.BIN": b"x"}),
        archive(mimetype=ODT, basic="x"),
        archive(mimetype="application/vnd.oasis.opendocument.text-template"),
        archive(types=types("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml")),
        archive(types=types(WORD))[:-30],
        b"PK\3\4" + bytes(100),
        bytes(100),
    ],
)
@pytest.mark.parametrize("name", ["photo.png", "essay.docx"])
def test_anything_else_is_refused_by_name_whatever_it_is_called(content: bytes, name: str) -> None:
    with pytest.raises(evidence.Refused, match=rf"“{name}” is .*Taken are photos"):
        evidence.file(upload(content, name))


def test_a_picture_that_is_a_page_too_is_a_picture() -> None:
    assert evidence.file(upload(PNG[:8] + HTML, "page.html")).media_type == "image/png"
    assert evidence.file(upload(PNG[:8] + HTML, "page.html")).filename == "page.html.png"


def test_a_file_that_is_too_large_is_refused() -> None:
    big = TemporaryUploadedFile("big.pdf", "application/pdf", evidence.MOST_FILE_BYTES + 1, None)
    with big, pytest.raises(evidence.Refused, match=r"“big\.pdf” has 20\.0.MB; a file has at most 20\.0.MB"):
        evidence.file(big)


@pytest.mark.parametrize("is_directory", [False, True])
def test_little_of_a_large_file_is_in_memory(is_directory: bool) -> None:
    """Also of an archive of nothing but names: each would become an object of several hundred bytes."""
    content = PNG + bytes(evidence.MOST_FILE_BYTES - len(PNG))
    if is_directory:
        made = BytesIO()
        with zipfile.ZipFile(made, "w") as target:
            for number in range(60_000):
                target.writestr(f"{number:0200}", "")
        content = made.getvalue()
        assert len(content) > 18_000_000
    with TemporaryUploadedFile("big", "image/png", len(content), None) as big:
        big.write(content)
        del content
        tracemalloc.start()
        try:
            if is_directory:
                with pytest.raises(evidence.Refused):
                    evidence.file(big)
            else:
                assert evidence.file(big).media_type == "image/png"
            assert tracemalloc.get_traced_memory()[1] < 4_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("photo.png", "photo.png"),
        ("PHOTO.PNG", "PHOTO.PNG"),
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\Users\\ada\\photo.png", "photo.png"),
        ("a\0b\nc\u202egnp.exe", "abcgnp.exe.png"),
        ("photo.png.", "photo.png"),
        ("photo.png ", "photo.png"),
        ("\u200f", "file.png"),
        ("..", "file.png"),
        ("x" * 300 + ".png", "x" * 251 + ".png"),
        ("x" * 300, "x" * 251 + ".png"),
        ("x" * 300 + ".html", "x" * 250 + "..png"),
    ],
)
def test_a_name_is_only_shown_and_ends_as_its_type_does(sent: str, shown: str) -> None:
    file = upload()
    file._name = sent  # As it is sent: Django has taken away most of that.
    assert evidence.file(file).filename == shown
    assert len(shown) <= 255


def test_texts_and_links_are_taken() -> None:
    assert evidence.text("  One.\r\nTwo.\rThree. 😀 ").text == "One.\nTwo.\nThree. 😀"
    link = evidence.link(" https://example.org/ü?a=1#b ", "My film.")
    assert (link.kind, link.url, link.text) == ("link", "https://example.org/ü?a=1#b", "My film.")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("x" * 10_001, "has 10,001 characters; it has at most 10,000"),
        ("a\0b", "holds a character that is none"),
        ("\ud800", "holds a character that is none"),
    ],
)
def test_a_text_that_cannot_be_taken_is_refused(words: str, why: str) -> None:
    with pytest.raises(evidence.Refused, match=f"The text {why}"):
        evidence.text(words)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "my film",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.org",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "//example.org/",
        "https://",
        "https://exa mple.org/",
        "https://example.org/\u202egro.knab",
        "https://example.org/\0",
        "https://example.org/\nX: y",
        "https://example.org/" + "x" * 2048,
    ],
)
def test_a_link_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(evidence.Refused, match="link"):
        evidence.link(url)


def test_what_is_said_about_it_has_a_limit() -> None:
    with pytest.raises(evidence.Refused, match="at most 500"):
        evidence.link("https://example.org/", "x" * 501)
    with pytest.raises(evidence.Refused, match="at most 500"):
        evidence.file(upload(), "x" * 501)
