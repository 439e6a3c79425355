"""What passes between a session and a real server: what compares asks little more than what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.test_promoting import good_run
from tests.forwarding import forwarding
from tests.large_gate import CHECKS, METRICS, RULES, SINGLE, sections
from tests.seeding import fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.seeding import RestSeeder

pytest.importorskip("cel", reason="rules need common-expression-language, which needs Python 3.11")

MOST_MORE = 2


def session(project: Project, seed: RestSeeder, *, large: bool, promotes: bool) -> list[str]:
    """Run a gate against a champion of the same values, and return the requests of the session."""
    experiment_id, model = seed.experiment(), seed.registered_model()
    older, older_model = good_run(seed, experiment_id)
    seed.log(older, METRICS)
    seed.version(model, source=f"models:/{older_model}", run_id=older, model_id=older_model)
    seed.alias(model, "champion", "1")
    run_id, _ = good_run(seed, experiment_id)
    seed.log(run_id, METRICS)
    goal = f"promote: {{model: {model}, alias: champion}}\n" if promotes else ""
    with forwarding(seed.uri) as proxy:
        start = f"tracking_uri: {proxy.url}\nname: {fresh('gate')}\ncandidate: {{run_id: {run_id}}}\n"
        project.write("eval_gate.yaml", f"{start}{sections(model) if large else SINGLE}{goal}")
        result = project.run()
    assert result.ret == 0
    result.assert_outcomes(passed=1 + (CHECKS + RULES if large else 1))
    return proxy.passed


@pytest.mark.parametrize("promotes", [pytest.param(False, id="judges"), pytest.param(True, id="promotes")])
def test_large_gate(project: Project, seed: RestSeeder, promotes: bool) -> None:
    """1,000 change checks, 20 cohorts and 5 rules need at most 2 requests more than one threshold."""
    single = session(project, seed, large=False, promotes=promotes)
    large = session(project, seed, large=True, promotes=promotes)
    assert len(large) <= len(single) + MOST_MORE, large
