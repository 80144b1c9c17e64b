"""The engine's pure parts agree with the model of the rules, whatever the rules and the events.

HYPOTHESIS_PROFILE=thorough tries more.
"""

import json

from hypothesis import given

from tests import rule_sets
from tests.pure_engine import Engine
from tests.reference import Outcome, outcomes


@rule_sets.PURE
@given(case=rule_sets.cases())
def test_every_learner_stands_where_the_model_says(case: rule_sets.Case) -> None:
    engine = Engine(json.dumps({"templates": case.templates}))
    found = {
        whose: Outcome([award.at for award in standing.awards], engine.named(standing.fulfilled))
        for whose, standing in engine.outcomes(case.events, rule_sets.NOW).items()
        if standing.awards or standing.fulfilled
    }
    assert found == outcomes(case.templates, case.events)
