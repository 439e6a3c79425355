"""The oracle's world as plain data: runs, a registry, gate files and command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Place = tuple[str, str | None, str | None]
METRICS = ("accuracy", "loss", "f1")
MODELS = ("churn", "fraud")
COPIES = ("prod-churn", "prod-fraud")
SYMBOLS = {"min": ">=", "above": ">", "max": "<=", "below": "<", "equals": "=="}
CHANGES = ("max_drop", "max_rise", "min_rise", "min_drop")
TESTS_THAT_HOLD = ("test_pass", "test_skip", "test_xfail")
TESTS_THAT_FAIL = ("test_fail", "test_setup_error", "test_teardown_error")
TESTS_THAT_STOP = ("test_interrupt", "test_exit")
TESTS = (*TESTS_THAT_HOLD, *TESTS_THAT_FAIL, "test_xpass")


class Condition(NamedTuple):
    """One condition of a threshold; numbers are texts as they stand in the file."""

    metric: str
    key: str
    limit: str
    tolerance: str | None
    severity: str

    @property
    def check(self) -> str:
        """The check's name."""
        return f"{self.metric}[{self.key}{':warn' if self.severity == 'warn' else ''}]"


class Target(NamedTuple):
    """A gate's promote section."""

    model: str
    alias: str | None
    stage: str | None
    tags: tuple[tuple[str, str], ...]
    copy_to: str | None
    previous_alias: str | None
    approval: str

    @property
    def home(self) -> str:
        """The model whose alias and stage move."""
        return self.copy_to or self.model

    @property
    def place(self) -> Place:
        """What is promoted to."""
        return self.home, self.alias, self.stage


class Gate(NamedTuple):
    """
    A gate file.

    Attributes:
        name: Of the gate.
        candidate: The way and its value, e.g. ``("run_id", "r1")``.
        conditions: In the order of the file.
        shape: How thresholds are written.
        target: Where it promotes to, or None.
        baseline: Model and alias of what it compares with.
        bootstrap: Whether that may be missing.
    """

    name: str
    candidate: tuple[str, str]
    conditions: tuple[Condition, ...]
    shape: str
    target: Target | None
    baseline: tuple[str, str]
    bootstrap: bool

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}_gate.yaml"

    @property
    def checks(self) -> tuple[str, ...]:
        """Names of all checks, in order."""
        return ("candidate[run]", *(condition.check for condition in self.conditions))


class Run(NamedTuple):
    """A run as MLflow has it; *status* may be ``deleted``."""

    metrics: Mapping[str, float]
    status: str


class Version(NamedTuple):
    """A registered version without the plugin's own tags."""

    run: str
    source: str
    stage: str
    tags: Mapping[str, str]


class Model(NamedTuple):
    """A registered model: aliases to numbers, versions by number, and the last number that was given out."""

    aliases: Mapping[str, str]
    versions: Mapping[str, Version]
    last: int


NO_MODEL = Model({}, {}, 0)


class World(NamedTuple):
    """
    Everything that a session can see.

    Attributes:
        runs: By id, the oldest first.
        models: The registry.
        approved: Model and number of each version that a person approved.
        moves: How many promotions there were to each model, alias and stage.
        copies: Model and number of each version that a gate without alias and stage promoted as a copy.
        gates: The gate files that there are.
    """

    runs: Mapping[str, Run]
    models: Mapping[str, Model]
    approved: frozenset[tuple[str, str]]
    moves: Mapping[Place, int]
    copies: frozenset[tuple[str, str]]
    gates: tuple[Gate, ...]


class Mishap(NamedTuple):
    """What another plugin does, and the number of the check (counted through all gates) to which it does it."""

    kind: str
    at: int


class Fault(NamedTuple):
    """What becomes of one write of the session: ``rejected``, ``unreached``, or done and the answer ``lost``."""

    kind: str
    write: int


class Line(NamedTuple):
    """
    A command line, and what goes wrong while it runs.

    Attributes:
        asked: The gates given by ``--mlflow-gate``, by number.
        explicit: The gates given as a path.
        policy: ``--mlflow-gate-promote``, or None.
        tests: The ordinary tests.
        flag: Another option, or None.
        keyword: ``-k``, or None.
        deselected: The number of the check that ``--deselect`` names, or None.
        narrowed: The number of the check whose node id is given, or None.
        run: ``--mlflow-gate-run``, or None.
        mishap: Another plugin's doing, or None.
        fault: A write that fails, or None.
    """

    asked: tuple[int, ...]
    explicit: tuple[int, ...]
    policy: str | None
    tests: tuple[str, ...]
    flag: str | None = None
    keyword: str | None = None
    deselected: int | None = None
    narrowed: int | None = None
    run: str | None = None
    mishap: Mishap | None = None
    fault: Fault | None = None

    def check(self, gates: tuple[Gate, ...], number: int | None) -> tuple[str, str] | None:
        """Return the names of gate and check that a number means, however large it is."""
        here = [gates[index] for index in (*self.asked, *self.explicit)]
        checks = [(gate.name, check) for gate in here for check in gate.checks]
        return None if number is None else checks[number % len(checks)]


def text_of(gate: Gate) -> str:
    """Return the gate file."""
    way, value = gate.candidate
    candidate = {"alias": f"model: {value}\n  alias: challenger"}.get(way, f"{way}: {value}")
    lines = ["tracking_uri: http://fake", "wait: 0s", f"name: {gate.name}", "candidate:", f"  {candidate}"]
    if any(condition.key in CHANGES for condition in gate.conditions):
        model, alias = gate.baseline
        missing = ", missing: bootstrap" if gate.bootstrap else ""
        lines.append(f"baseline: {{model: {model}, alias: {alias}{missing}}}")
    lines.append("thresholds:")
    for metric in dict.fromkeys(condition.metric for condition in gate.conditions):
        entries = _entries([each for each in gate.conditions if each.metric == metric], gate.shape)
        lines += [f"  {metric}: {entries[0]}"] if len(entries) == 1 else [f"  {metric}:"]
        lines += [f"    - {entry}" for entry in entries] if len(entries) > 1 else []
    if gate.target:
        lines += ["promote:", f"  model: {gate.target.model}"]
        for key in ("alias", "stage", "copy_to", "previous_alias", "approval"):
            lines += [f"  {key}: {written}"] if (written := getattr(gate.target, key)) else []
        lines += ["  tags:"] if gate.target.tags else []
        lines += [f"    {key}: {written}" for key, written in gate.target.tags]
    return "\n".join([*lines, ""])


def _entries(conditions: list[Condition], shape: str) -> list[str]:
    if shape == "together" and len({each.severity for each in conditions}) == 1:
        return ["{" + ", ".join(map(_keys, conditions)) + f", severity: {conditions[0].severity}" + "}"]
    short = [
        shape == "short" and each.severity == "fail" and not each.tolerance and each.key in SYMBOLS
        for each in conditions
    ]
    return [
        f'"{SYMBOLS[each.key]} {each.limit}"' if is_short else f"{{{_keys(each)}, severity: {each.severity}}}"
        for each, is_short in zip(conditions, short, strict=True)
    ]


def _keys(condition: Condition) -> str:
    tolerance = f", tolerance: {condition.tolerance}" if condition.tolerance else ""
    return f"{condition.key}: {condition.limit}{tolerance}"
