"""Lists that describe badges by the API: in JSON or by forms, and which are refused."""

import json
from urllib.parse import urlencode

import pytest

from providers.badgekit.api.columns import UNEXPECTED
from providers.badgekit.models import Badge
from tests.providers.badgekit.api import CODER, PNG, Caller, picture
from tests.providers.badgekit.badges import IMAGE, LISTS, NEW, wrong

FORM = "application/x-www-form-urlencoded"


class TestForms:
    def test_a_form_sends_lists_as_json_or_several_times(self, api: Caller) -> None:
        lists = {"criteria": json.dumps(LISTS["criteria"]), "alignments": json.dumps(LISTS["alignments"])}
        form = [
            *{**NEW, **IMAGE, **lists}.items(),
            ("categories", "sea"),
            ("categories", "wind"),
            ("tags", '["a", "b"]'),
        ]
        status, told = api.call("POST", "/systems/city/badges", urlencode(form).encode(), content_type=FORM)
        assert (status, told["badge"].items() >= NEW.items()) == (201, True)
        assert [each["description"] for each in told["badge"]["criteria"]] == ["Leave.", "Return."]
        assert told["badge"]["alignments"][0]["name"] == "RYA"
        assert told["badge"]["categories"] == ["sea", "wind"]
        assert [each["value"] for each in told["badge"]["tags"]] == ["a", "b"]
        path = "/systems/city/badges/sailor"
        status, told = api.call("PUT", path, b"name=Seafarer&tags=[not+json&categories=", content_type=FORM)
        assert (status, told["badge"]["name"], told["badge"]["categories"]) == (200, "Seafarer", [])
        assert told["badge"]["tags"][0]["value"] == "[not json"

    def test_a_picture_can_be_uploaded(self, api: Caller, context: str) -> None:
        status, told = api.upload("POST", f"{context}/badges", {**NEW, "image": picture()})
        assert (status, told["badge"]["limit"]) == (201, 5)
        assert api.client.get(told["badge"]["imageUrl"]).content == PNG
        assert wrong(api.upload("POST", f"{context}/badges", {**NEW, "image": picture(content=b"text")})).keys() == {
            "image"
        }


class TestLists:
    @pytest.mark.parametrize("field", ["criteria", "alignments"])
    @pytest.mark.parametrize(
        "value",
        [
            "x",
            "{",
            7,
            {"a": 1},
            ["x"],
            [[]],
            [None],
            [{}],
            [{"id": 999}],
            [{"description": [], "name": []}],
            [{}] * 1001,
        ],
    )
    def test_bad_lists_of_things_are_refused(self, api: Caller, field: str, value: object) -> None:
        assert wrong(api.post("/systems/city/badges", {**NEW, **IMAGE, field: value})).keys() == {field}
        assert wrong(api.put(CODER, {"name": "Lost", field: value})).keys() == {field}
        assert Badge.objects.get(slug="coder").name == "Coder"
        assert not Badge.objects.filter(slug="sailor").exists()

    @pytest.mark.parametrize("field", ["categories", "tags"])
    @pytest.mark.parametrize("value", [[[]], [{"value": []}], ["x" * 256], ["a\0"], "\udfff", ["x"] * 1001])
    def test_bad_lists_of_texts_are_refused(self, api: Caller, field: str, value: object) -> None:
        assert wrong(api.put(CODER, {field: value})) in ({field: "String is not in range"}, {field: UNEXPECTED})

    @pytest.mark.parametrize(
        ("field", "item"),
        [
            ("criteria", {"description": "D", "required": "maybe"}),
            ("criteria", {"description": None}),
            ("criteria", {"description": "D", "note": ["x"]}),
            ("alignments", {"name": "N"}),
            ("alignments", {"name": "N", "url": "javascript:alert(1)"}),
        ],
    )
    def test_a_wrong_thing_in_a_list_is_refused(self, api: Caller, field: str, item: object) -> None:
        assert wrong(api.put(CODER, {field: [item]})).keys() == {field}
