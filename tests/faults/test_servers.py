"""What a test needs and does not find is told by its name."""

import pytest

from tests.faults.servers import needs


@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_program_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", required)
    monkeypatch.delenv("TEST_SERVICES", raising=False)
    with pytest.raises(outcome, match="needs a-server-of-nobody"):
        needs("a-server-of-nobody")
