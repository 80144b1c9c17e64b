"""Bodies in the three forms that the documents name, and what is said of others."""

from typing import Any

import pytest

from providers.badgekit.models import BadgeInstance
from tests.providers.badgekit.api import ADA, Caller

pytestmark = pytest.mark.once


class TestForms:
    """The three content types, with a signature over the very bytes."""

    FORM = "application/x-www-form-urlencoded"

    def test_forms_create_and_claim(self, api: Caller, codes: str) -> None:
        status, told = api.call("POST", codes, b"code=w%C3%AFnter&multiuse=false", content_type=self.FORM)
        assert (status, told["claimCode"]["code"], told["claimCode"]["multiuse"]) == (201, "wïnter", False)
        assert api.call("POST", f"{codes}/random", b"multiuse=true", content_type=self.FORM)[1]["claimCode"]["multiuse"]
        status, told = api.call("POST", f"{codes}/winter/claim", b"email=ada%40example.com", content_type=self.FORM)
        assert (status, told["claimCode"]["email"]) == (200, ADA)

    def test_multipart_creates_and_claims(self, api: Caller, codes: str) -> None:
        assert api.upload("POST", codes, {"code": "winter", "multiuse": "0"})[0] == 201
        assert api.upload("POST", f"{codes}/random", {"email": ADA})[0] == 201
        assert api.upload("POST", f"{codes}/winter/claim", {"email": ADA})[0] == 200
        assert BadgeInstance.objects.get().email == ADA

    def test_a_field_that_comes_twice_is_no_text(self, api: Caller) -> None:
        codes = "/systems/city/badges/coder/codes"
        assert api.call("POST", codes, b"code=a&code=b", content_type=self.FORM)[0] == 400

    @pytest.mark.parametrize(
        ("body", "content_type", "status", "code"),
        [
            (b"{", "application/json", 400, "InvalidContent"),
            (b'{"code": NaN}', "application/json", 400, "InvalidContent"),
            (b"[" * 100_000, "application/json", 400, "InvalidContent"),
            (b'{"code": ' + b"9" * 5000 + b"}", "application/json", 400, "InvalidContent"),
            (b"\xff\xfe\xfd", "application/json", 400, "InvalidContent"),
            (b"null", "application/json", 400, "ValidationError"),
            (b'"x"', "application/json", 400, "ValidationError"),
            (b"code=a", "text/plain", 415, "UnsupportedMediaTypeError"),
            (b"nonsense", "multipart/form-data", 400, "InvalidContent"),
            (b"nonsense", "multipart/form-data; boundary=x", 400, "ValidationError"),
            (b"a=1&" * 2000, FORM, 400, "InvalidContent"),
        ],
    )
    def test_what_cannot_be_read_is_refused(
        self, api: Caller, body: bytes, content_type: str, status: int, code: str
    ) -> None:
        told = api.call("POST", "/systems/city/badges/coder/codes", body, content_type=content_type)
        assert (told[0], told[1]["code"]) == (status, code)

    def test_a_body_that_is_too_large_is_refused(self, api: Caller, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        assert api.post("/systems/city/badges/coder/codes", {"code": "x" * 200})[0] == 413

    def test_an_answer_that_is_no_json_cannot_be_had(self, api: Caller) -> None:
        path = "/systems/city/badges/coder/codes"
        assert api.call("GET", path, HTTP_ACCEPT="text/html")[0] == 406
        assert api.call("GET", path, HTTP_ACCEPT="text/html, */*;q=0.1")[0] == 200
        assert api.call("GET", path, HTTP_ACCEPT="application/json")[0] == 200
