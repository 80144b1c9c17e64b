"""What becomes of the files that learners send, and the form in which they send them."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from credentials_badges.badges import conf, tasks
from providers.badgekit import evidence
from providers.badgekit.models import ClaimEvidence
from providers.badgekit.pages.evidence_form import EvidenceForm
from tests.providers.badgekit.api import PNG, Caller
from tests.providers.badgekit.claims_world import (
    upload,
    with_photo,
)
from tests.providers.badgekit.reviewed import files

pytestmark = pytest.mark.once

HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d") + bytes(60)
MKV = bytes.fromhex("1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61") + bytes(60)


class TestKeeping:
    def test_a_file_is_kept_under_a_name_of_ours_that_only_we_may_read(
        self, api: Caller, evidence_folder: Path
    ) -> None:
        _, item = with_photo(name="my photo.png")
        assert item.filename == "my photo.png"
        path = evidence_folder / item.file.name
        assert "photo" not in item.file.name
        assert path.read_bytes() == PNG
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    def test_what_django_put_on_the_disk_is_kept_as_well(self, evidence_folder: Path) -> None:
        with TemporaryUploadedFile("big.png", "image/png", len(PNG), None) as big:
            big.write(PNG)
            item = evidence.file(big)
            evidence.keep([item])
        assert (evidence_folder / str(item.file.name)).read_bytes() == PNG

    def test_all_are_kept_or_none(self, evidence_folder: Path) -> None:
        gone = TemporaryUploadedFile("gone.png", "image/png", len(PNG), None)
        gone.write(PNG)
        items = [evidence.file(upload()), evidence.file(gone)]
        gone.close()
        with pytest.raises(evidence.Refused, match="cannot be stored at present"):
            evidence.keep(items)
        assert files(evidence_folder) == []

    def test_there_are_not_too_many(self, evidence_folder: Path) -> None:
        with pytest.raises(evidence.Refused, match=r"at most 5 .* not 6"):
            evidence.keep([evidence.file(upload()) for _ in range(6)])
        assert files(evidence_folder) == []

    def test_discarding_removes_files_and_minds_none_that_are_gone(self, evidence_folder: Path) -> None:
        items = [evidence.text("Words."), evidence.file(upload()), evidence.file(upload())]
        evidence.keep(items)
        assert len(files(evidence_folder)) == 2
        (evidence_folder / str(items[1].file.name)).unlink()
        evidence.discard(items)
        assert files(evidence_folder) == []

    def test_purging_removes_what_is_old_and_nobodys(self, api: Caller, evidence_folder: Path) -> None:
        _, item = with_photo()
        orphans = [evidence.file(upload()) for _ in range(2)]
        evidence.keep(orphans)
        old = time.time() - 3600
        for each in (item, orphans[0]):
            os.utime(evidence_folder / str(each.file.name), (old, old))
        evidence.purge(timezone.now() - timedelta(minutes=30))
        assert files(evidence_folder) == sorted([item.file.name, orphans[1].file.name])

    def test_the_daily_purge_does_that_after_some_weeks(self, db: None, evidence_folder: Path) -> None:
        items = [evidence.file(upload()) for _ in range(2)]
        evidence.keep(items)
        old = time.time() - (conf.KEEP_DAYS + 1) * 86_400
        os.utime(evidence_folder / str(items[0].file.name), (old, old))
        tasks.purge()
        assert files(evidence_folder) == [items[1].file.name]

    def test_purging_minds_no_folder_that_is_not_there_yet(self, evidence_folder: Path) -> None:
        evidence.purge(timezone.now())
        assert not evidence_folder.exists()


class TestForm:
    def test_it_makes_items_of_all_that_is_sent(self) -> None:
        sent = {"text": "Words.", "link": "https://example.org/", "about": "A film."}
        form = EvidenceForm(sent, MultiValueDict({"file": [upload(), upload(b"Notes.", "notes.txt")]}), needed=True)
        assert form.is_valid(), form.errors
        assert [(item.kind, str(item)) for item in form.items()] == [
            ("text", "Words."),
            ("link", "https://example.org/"),
            ("file", "photo.png"),
            ("file", "notes.txt"),
        ]
        assert not ClaimEvidence.objects.none()

    def test_each_refused_file_is_named(self) -> None:
        files = [upload(HTML, "a.png"), upload(b"", "b.png"), upload(name="c.png")]
        form = EvidenceForm({"text": "x"}, MultiValueDict({"file": files}))
        assert not form.is_valid()
        said = form.errors["file"]
        assert [message[:8] for message in said] == ["“a.png” ", "“b.png” "]

    @pytest.mark.parametrize(
        ("sent", "field", "why"),
        [
            ({}, "__all__", "Show what you did"),
            ({"text": " "}, "__all__", "Show what you did"),
            ({"text": "\0"}, "text", "Null"),
            ({"text": "x" * 10_001}, "text", "at most 10000"),
            ({"link": "javascript:alert(1)"}, "link", "is no link"),
            ({"about": "Nothing."}, "link", "missing"),
        ],
    )
    def test_it_says_what_is_wrong(self, sent: dict[str, str], field: str, why: str) -> None:
        form = EvidenceForm(sent, MultiValueDict(), needed=True)
        assert why in str(form.errors[field])

    def test_nothing_is_needed_unless_it_is_said(self) -> None:
        form = EvidenceForm({"file-clear": "on"}, MultiValueDict())
        assert form.is_valid()
        assert form.items() == []

    def test_there_are_not_too_many(self) -> None:
        form = EvidenceForm({"text": "x"}, MultiValueDict({"file": [upload() for _ in range(5)]}))
        assert form.errors["file"] == ["At most 5 pieces of evidence are taken, and these are 6."]

    def test_a_browser_can_send_several_files(self) -> None:
        shown = EvidenceForm().as_p()
        assert " multiple" in shown
        assert ".docx" in shown
