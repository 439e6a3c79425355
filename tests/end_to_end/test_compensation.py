"""Three gates on a real server, the third of which cannot be promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.test_promoting import aliases, good_run, tags_of, versions
from tests.faultproxy import faulty
from tests.seeding import fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.faultproxy import Moment
    from tests.seeding import RestSeeder
    from tests.wire import Arrived

FILES = ("a_gate.yaml", "b_gate.yaml", "c_gate.yaml")


@pytest.mark.parametrize(
    ("policy", "champions"),
    [pytest.param("all", ("1", "1", "1"), id="all"), pytest.param("each", ("2", "2", "1"), id="each")],
)
def test_third_of_three_fails(
    project: Project, seed: RestSeeder, policy: str, champions: tuple[str, ...]
) -> None:
    """Under `all` the first two are put back, in reverse and with their records; under `each` they stay."""
    experiment_id = seed.experiment()
    models = [fresh(name) for name in ("a", "b", "c")]
    with faulty(seed.uri) as proxy:

        def session() -> pytest.RunResult:
            run_id, _ = good_run(seed, experiment_id)
            for file, model in zip(FILES, models, strict=True):
                project.gate(proxy.url, f"run_id: {run_id}", model, file=file)
            return project.run("--mlflow-gate-promote", policy, gates=FILES)

        assert session().ret == 0

        def unlucky(arrived: Arrived, moment: Moment) -> bool:
            moves = arrived.method == "POST" and arrived.target.endswith("registered-models/alias")
            return moment == "before" and moves and arrived.fields["name"] == models[2]

        proxy.interrupt = unlucky
        result = session()
        moved = [
            arrived.fields["name"]
            for arrived in proxy.arrived
            if arrived.method == "POST" and arrived.target.endswith("registered-models/alias")
        ]
    assert result.ret == 1
    assert tuple(aliases(seed, model)["champion"] for model in models) == champions
    verdicts = [tags_of(versions(seed, model)[1]).get("mlflow_gate.verdict") for model in models]
    assert verdicts == [None if now == "1" else "promoted" for now in champions]
    texts = [line for line in result.outlines if line.startswith(("PROMOTED", "PROMOTION FAILED"))][-3:]
    assert texts[2].startswith(
        f"PROMOTION FAILED {models[2]}: moving @champion of {models[2]} to version 2 failed"
    )
    if policy == "all":
        assert texts[:2] == [
            f"PROMOTION FAILED {model}: put back, because the promotion of {models[2]} failed"
            for model in models[:2]
        ]
        assert moved[-2:] == [models[1], models[0]]
