"""A gate file as pytest nodes: file, gate, checks. Collecting never touches the network."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlflow_gate.gatefile.declared import RUN_CHECK, Check
from pytest_mlflow_gate.options import absolute, explicit_gate_arguments
from pytest_mlflow_gate.pytest_glue import internals

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.declared import AnyCheck
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.pytest_glue.gates import ItemJudge, SessionGate

EVIDENCE = "mlflow_gate"
"""Name of the attribute of a report that tells our items' reports from all others."""


class MlflowGateWarning(pytest.PytestWarning):
    """A check of severity warn that did not pass."""


class CheckFailed(Exception):
    """A check did not pass."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.text)


class GateCollection:
    """Collects the session's gates wherever pytest looks, and adds those that it did not meet."""

    def __init__(self, config: pytest.Config, gates: tuple[SessionGate, ...], judge: ItemJudge) -> None:
        self.config = config
        self.gates = {str(gate.file): gate for gate in gates}
        self.judge = judge

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> GateFile | None:
        """Collect a gate file that pytest meets on its own."""
        found = self.gates.get(str(file_path))
        return self._node(parent.session, found) if found else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the gates that no positional argument reaches, before anybody selects."""
        met = {str(item.path) for item in items if isinstance(item, CheckItem)}
        narrowed = {
            str(absolute(self.config, argument.partition("::")[0]))
            for argument in explicit_gate_arguments(self.config)
        }
        for path, gate in self.gates.items():
            if path not in met | narrowed:
                items.extend(session.genitems(self._node(session, gate)))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Sign the reports of our items; plain texts, because they travel between processes."""
        report = yield
        if isinstance(item, CheckItem):
            setattr(report, EVIDENCE, item.evidence if call.when == "call" else item.identity)
            if call.when == "call" and self.config.getoption("htmlpath", default=None) is not None:
                from pytest_mlflow_gate.pytest_glue.html_report import add_chart  # noqa: PLC0415 - on request only

                add_chart(report, item)
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_runtest_metadata(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> dict[str, object] | None:
        """Have pytest-json-report show what was found, numbers as numbers."""
        if not isinstance(item, CheckItem) or item.found is None or call.when != "call":
            return None
        from pytest_mlflow_gate.reporting.decision_file import check  # noqa: PLC0415 - on request only

        return {"mlflow_gate": {"gate": item.gate.name, **check(item.found)}}

    def file_class(self) -> type[GateFile]:
        """Return the node that a gate file becomes."""
        return GateFile

    def _node(self, session: pytest.Session, gate: SessionGate) -> GateFile:
        relative = os.path.relpath(gate.file, self.config.rootpath).replace(os.sep, "/")
        # The parent is the session, so that no package's __init__.py is imported for a gate file; the node id
        # is given, because pytest leaves it empty for a path outside of the root folder.
        return self.file_class().from_parent(
            session, path=gate.file, nodeid=relative, gate=gate.gate, judge=self.judge
        )


class GateFile(pytest.File):
    """The YAML file."""

    def __init__(self, *, gate: Gate, judge: ItemJudge, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.gate = gate
        self.judge = judge

    def collect(self) -> Iterator[GateNode]:
        """Yield the one gate that a file holds."""
        yield GateNode.from_parent(self, name=self.gate.name, nodeid=f"{self.nodeid}::{self.gate.name}")


class GateNode(pytest.Collector):
    """The gate, so that reports group its checks under its name."""

    parent: GateFile

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.add_marker("mlflow_gate")

    def collect(self) -> Iterator[CheckItem]:
        """Yield one item for each check, the candidate's own first."""
        gate = self.parent.gate
        for name, check in ((RUN_CHECK, None), *((check.name, check) for check in gate.checks)):
            yield CheckItem.from_parent(
                self,
                name=name,
                # pytest 9.2 forgets an item with brackets in its name for --lf unless it is told the id.
                nodeid=f"{self.nodeid}::{name}",
                gate=gate,
                check=check,
                judge=self.parent.judge,
            )


class CheckItem(pytest.Item):
    """One condition on one metric, or (without a check) the question whether there is a candidate."""

    # Other people's conftests look at these on every item.
    fixturenames: tuple[str, ...] = ()
    funcargs: Mapping[str, object] = MappingProxyType({})

    def __init__(
        self,
        *,
        gate: Gate,
        check: AnyCheck | None,
        judge: ItemJudge,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**kwargs)
        self.gate = gate
        self.check = check
        self.judge = judge
        self.identity = {"gate": gate.name, "check": self.name}
        self.evidence = self.identity
        self.found: Finding | None = None
        self.line = check.line if check else gate.candidate.line

    def runtest(self) -> None:
        """Judge; the outcome goes to pytest as an exception, the evidence only after a true comparison."""
        self.evidence, self.found = self.identity, None
        finding = self.found = self.judge.finding(self.gate, self.check)
        if finding.outcome == "skipped":
            raise internals.skipped(finding.text)
        if finding.outcome == "exempt":
            # The gate file excuses it: the only skip that does not withhold, and so it is signed. Where a
            # failure is expected, nobody's report would tell.
            if self.get_closest_marker("xfail") is None:
                self.evidence = {**self.identity, "token": self.judge.token}
            raise internals.skipped(finding.text)
        if finding.blocks:
            raise CheckFailed(finding)
        if finding.outcome != "passed":
            self.warn(MlflowGateWarning(self._placed(finding)))
        shown = finding.text if finding.outcome == "passed" else f"warn: {finding.text}"
        self.evidence = {**self.identity, "token": self.judge.token, "shown": shown}

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """Return our own failures as one line; a bug keeps its traceback."""
        match excinfo.value:
            case CheckFailed() as failed:
                sentence = self._placed(failed.finding)
                return internals.one_line_failure(self.config, str(self.path), self.line, sentence)
            case MlflowGateWarning() as warning:
                return internals.one_line_failure(self.config, str(self.path), self.line, str(warning))
            case _:
                shown = super().repr_failure(excinfo, style)
                internals.without_values(shown)
                return shown

    def _placed(self, finding: Finding) -> str:
        """Return what was found and where the limit stands; one of an option says so itself."""
        by_option = isinstance(self.check, Check) and self.check.option
        return finding.text if by_option else f"{finding.text} ({self.gate.path.name}:{finding.line})"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, the 0-based line and the heading of a failure."""
        return self.path, self.line - 1, f"{self.gate.name}: {self.name}"
