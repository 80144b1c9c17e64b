"""Pictures by the API: what is taken for one, and how it is served."""

import gzip
from typing import Any

import pytest
from django.test import Client

from providers.badgekit.models import Badge, Image
from tests.providers.badgekit.api import PNG, Caller, picture

CITY = "/systems/city"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
TAKEN = [
    (PNG, "image/png"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
    (b"GIF89a\1\0\1\0", "image/gif"),
    (b"GIF87a\1\0\1\0", "image/gif"),
    (b"RIFF\x0a\0\0\0WEBPVP8 ", "image/webp"),
    (SVG, "image/svg+xml"),
    (b"\xef\xbb\xbf \n<?xml version='1.0'?>\n<!-- a --><!-- b -->\n" + SVG, "image/svg+xml"),
    (b'<!DOCTYPE svg PUBLIC "x" "y" [ <!ENTITY a "b"> ]>\n<!-- a -->\n<svg:svg xmlns:svg="z"/>', "image/svg+xml"),
]
REFUSED = [
    b"",
    b"plain text",
    b"<html><svg></svg></html>",
    b"<!DOCTYPE html><svg></svg>",
    b"<!-- <svg> ",
    b"<svgx/>",
    b"%PDF-1.4",
    b"RIFF\x0a\0\0\0WAVE",
    b"\0" + PNG,
    gzip.compress(SVG, mtime=0),
]

pytestmark = pytest.mark.once


def upload(api: Caller, content: bytes, **told: Any) -> tuple[int, Any]:
    """Make it the picture of the city."""
    return api.upload("PUT", CITY, {"image": picture(content=content, **told)})


class TestUploads:
    @pytest.mark.parametrize(("content", "mimetype"), TAKEN)
    def test_pictures_are_known_by_their_bytes(self, api: Caller, content: bytes, mimetype: str) -> None:
        status, told = upload(api, content, name="picture.html", content_type="text/html")
        image = Image.objects.get(url="")
        assert (status, told["system"]["imageUrl"]) == (200, f"/images/{image.slug}")
        assert (len(image.slug), image.mimetype) == (32, mimetype)
        served = api.client.get(told["system"]["imageUrl"])
        assert (served.status_code, served["Content-Type"], served.content) == (200, mimetype, content)

    @pytest.mark.parametrize("content", REFUSED)
    def test_nothing_else_is_taken(self, api: Caller, content: bytes) -> None:
        status, told = upload(api, content, content_type="image/png")
        message = "Not a PNG, JPEG, GIF, WebP or SVG"
        assert (status, told["details"]) == (400, [{"message": message, "field": "image", "value": "badge.png"}])
        assert not Image.objects.filter(url="").exists()

    def test_a_picture_may_have_a_mebibyte(self, api: Caller) -> None:
        most = PNG + bytes(2**20 - len(PNG))
        assert upload(api, most)[0] == 200
        status, told = upload(api, most + b"\0")
        assert (status, told["details"][0]["message"]) == (400, "Larger than 1 MiB")

    def test_a_file_that_is_made_to_be_slow_is_judged_at_once(self, api: Caller) -> None:
        for content in (b"<!--a-->" * 130_000, b"<!--" * 260_000, b" " * 2**20, b"<!DOCTYPE svg [" + b"a" * 10**6):
            assert upload(api, content)[0] == 400

    def test_a_file_goes_before_an_address(self, api: Caller) -> None:
        both = {"image": picture(), "imageUrl": "https://pictures.example/2.png"}
        assert api.upload("PUT", CITY, both)[1]["system"]["imageUrl"].startswith("/images/")
        told = api.upload("PUT", CITY, {"imageUrl": picture(content=SVG)})[1]
        assert Image.objects.get(mimetype="image/svg+xml").shown_at == told["system"]["imageUrl"]

    @pytest.mark.parametrize("value", ["data:image/png;base64,AAAA", "javascript:alert(1)", "/images/other", "x\ny", 7])
    def test_what_is_no_address_is_refused(self, api: Caller, value: object) -> None:
        status, told = api.put(CITY, {"image": value})
        assert (status, told["details"]) == (400, [{"message": "Invalid URL", "field": "image", "value": value}])

    @pytest.mark.parametrize(
        "value", [[], {}, ["https://a.example/1.png"], "https://a.example/" + "x" * 2048, "\ud800"]
    )
    def test_and_so_is_what_is_no_text(self, api: Caller, value: object) -> None:
        status, told = api.put(CITY, {"imageUrl": value})
        assert (status, [each["field"] for each in told["details"]]) == (400, ["image"])

    def test_an_empty_field_of_a_form_is_no_picture(self, api: Caller) -> None:
        upload(api, PNG)
        shown = api.upload("PUT", CITY, {"image": "", "name": "Town"})[1]["system"]["imageUrl"]
        assert shown.startswith("/images/")


class TestServing:
    def test_everybody_may_see_it_and_it_can_run_nothing(self, api: Caller) -> None:
        upload(api, SVG)
        slug = Image.objects.get(url="").slug
        for path in (f"/images/{slug}", f"/public/images/{slug}", f"/public/images/{slug}/"):
            served = Client().get(path)
            assert (served.status_code, served.content) == (200, SVG)
            assert served["X-Content-Type-Options"] == "nosniff"
            assert served["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
            assert served["Content-Disposition"] == "inline"
            assert served["Cache-Control"].startswith("public")

    @pytest.mark.parametrize("address", ["https://pictures.example/badge.png", "HTTP://bücher.example/ä b.png"])
    def test_one_that_is_elsewhere_is_found_there(self, api: Caller, address: str) -> None:
        Image.objects.update(url=address)
        served = api.client.get("/images/pic")
        assert (served.status_code, served.json()) == (301, {"location": address})
        assert served["Location"].isascii()

    @pytest.mark.parametrize(
        "address", ["ftp://a.example/b", "pictures.example/b", "javascript:alert(1)", "//a.example"]
    )
    def test_nobody_is_sent_anywhere_but_to_the_web(self, api: Caller, address: str) -> None:
        Image.objects.update(url=address)
        assert api.client.get("/images/pic").status_code == 404

    @pytest.mark.parametrize("slug", ["nope", "PIC", "%00", "x" * 500, "%ff", "مكتبة", "empty"])
    def test_what_is_not_there_is_not_found(self, api: Caller, slug: str) -> None:
        Image.objects.create(slug="empty")
        for path in (f"/images/{slug}", f"/public/images/{slug}"):
            served = api.client.get(path)
            assert (served.status_code, served.json()["code"]) == (404, "ResourceNotFound")

    def test_a_loaded_picture_of_another_type_is_only_bytes(self, api: Caller) -> None:
        Image.objects.create(slug="loaded", mimetype="text/html\r\nX: y", data=b"<script>")
        served = api.client.get("/images/loaded")
        assert (served.status_code, served["Content-Type"]) == (200, "application/octet-stream")
        assert "sandbox" in served["Content-Security-Policy"]

    def test_the_old_picture_of_a_badge_stays(self, api: Caller) -> None:
        told = api.upload("PUT", f"{CITY}/badges/reader", {"image": picture()})[1]["badge"]
        assert api.put(f"{CITY}/badges/reader", {"image": "https://pictures.example/2.png"})[0] == 200
        assert api.client.get(told["imageUrl"]).content == PNG
        assert Badge.objects.get(slug="reader").image.url == "https://pictures.example/2.png"  # type: ignore[union-attr]
