"""A session that is killed at any write, and the same command again: the registry ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, get_args

import pytest

from tests.end_to_end.scenes import COPY, FIRST, Scene, Scenery
from tests.faultproxy import Moment, faulty, is_write
from tests.registry import difference
from tests.seeding import RestSeeder
from tests.soaking import count

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.faultproxy import FaultProxy
    from tests.registry import Facts
    from tests.wire import Arrived

COMMAND = (sys.executable, "-m", "pytest", "-p", "mlflow_gate", "--mlflow-gate", "eval_gate.yaml")

PROMOTIONS = {"first": FIRST, "copy": COPY}

DECIDED = ("verdict", "time", "gate", "gate_sha256", "checks")

WRITES = {
    "first": (
        "create model churn",
        "create version churn",
        "intent",
        "alias champion",
        "run tags",
        "tag validated_by churn",
        *(f"tag {key} churn" for key in (*DECIDED, "by")),
        "decision",
    ),
    "copy": (
        "create model churn",
        "create version churn",
        "create version prod",
        "intent",
        "alias previous-champion",
        "alias champion",
        "stage",
        *(f"tag {key} churn" for key in (*DECIDED, "previous_version", "by")),
        "run tags",
        "tag validated_by prod",
        "tag ticket prod",
        *(f"tag {key} prod" for key in (*DECIDED, "previous_version", "by")),
        "decision",
    ),
}
"""Each write of a session, in order."""


NAMES = {
    "registered-models/create": "create model {role}",
    "model-versions/create": "create version {role}",
    "registered-models/alias": "alias {alias}",
    "model-versions/transition-stage": "stage",
    "model-versions/set-tag": "tag {key} {role}",
    "runs/log-batch": "run tags",
}


def name_of(write: Arrived) -> str:
    """Return what a write is called in the table."""
    endpoint, fields = write.target.removeprefix("/api/2.0/mlflow/"), write.fields
    key = fields.get("key", "").removeprefix("mlflow_gate.")
    if key.startswith("decision."):
        return "intent" if '"promoting"' in fields["value"] else "decision"
    role = fields.get("name", "").partition("-")[0]
    return NAMES.get(endpoint, endpoint).format(role=role, key=key, alias=fields.get("alias"))


class Killer:
    """Kills a process at one write; the connection ends with it."""

    def __init__(self, write: str, moment: Moment) -> None:
        self.write, self.moment = write, moment
        self.process_id = 0
        self.ready = threading.Event()

    def aim(self, process_id: int) -> None:
        """Say whom to kill."""
        self.process_id = process_id
        self.ready.set()

    def __call__(self, arrived: Arrived, moment: Moment) -> bool:
        """Kill if this is the write and the moment."""
        if moment != self.moment or not is_write(arrived) or name_of(arrived) != self.write:
            return False
        self.ready.wait()
        os.kill(self.process_id, signal.SIGKILL)
        return True


def kill_a_session(project: Project, proxy: FaultProxy, write: str, moment: Moment) -> None:
    """Run the project's gate in a process of its own, and kill it before or after one write."""
    killer = proxy.interrupt = Killer(write, moment)
    with subprocess.Popen(
        COMMAND,
        cwd=project.path,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        killer.aim(process.pid)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, output
    proxy.interrupt = lambda _arrived, _moment: False


@pytest.fixture(scope="module")
def scenery(mlflow_server: str) -> Scenery:
    """Return what all scenes share."""
    return Scenery(RestSeeder(mlflow_server))


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Facts]:
    """Return where to keep what a session leaves that nobody killed, by the promotion's name."""
    return {}


@pytest.mark.parametrize("promotion", PROMOTIONS)
def test_table_has_every_write(project: Project, seed: RestSeeder, scenery: Scenery, promotion: str) -> None:
    """The rows below are the writes of a session, all of them and in order."""
    with faulty(seed.uri) as proxy:
        Scene(project, scenery, proxy.url, PROMOTIONS[promotion])
        assert project.run().ret == 0
        assert [name_of(arrived) for arrived in proxy.arrived if is_write(arrived)] == [*WRITES[promotion]]


@pytest.mark.parametrize("moment", get_args(Moment))
@pytest.mark.parametrize(
    ("promotion", "write"),
    [pytest.param(name, write, id=f"{name}-{write}") for name in WRITES for write in WRITES[name]],
)
def test_kill(
    project: Project,
    seed: RestSeeder,
    scenery: Scenery,
    undisturbed: dict[str, Facts],
    promotion: str,
    write: str,
    moment: Moment,
) -> None:
    """Before a write reaches the server or after it took effect: the same command ends in the same registry."""
    with faulty(seed.uri) as proxy:
        if promotion not in undisturbed:
            clean = Scene(project, scenery, proxy.url, PROMOTIONS[promotion])
            assert project.run().ret == 0
            undisturbed[promotion] = clean.comparable(clean.facts())
        scene = Scene(project, scenery, proxy.url, PROMOTIONS[promotion])
        kill_a_session(project, proxy, write, moment)
        count("kills")
        again = project.run()
        assert again.ret == 0, again.stdout.str()
        assert difference(undisturbed[promotion], scene.comparable(scene.facts())) == {}
