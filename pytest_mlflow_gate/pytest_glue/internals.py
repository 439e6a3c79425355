"""
The places where pytest has no public way, each with its reason, so that a new pytest breaks one file.

* A failure that is one line, has a place, and survives xdist needs the exception chain representation: a
  text gets no place, and xdist turns every other representation into a text.
* JUnit and JSON are on disk before anybody knows whether the registry moved; their writers are asked to
  take one more report and write again.
* What xdist writes leaves the terminal in the middle of a line, which pytest's `ensure_newline` does not see.
* Only the entries of a traceback's representation hold the values that pytest would show.
* A skip that names the gate file and not this plugin's source needs the flag that pytest's own marks use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _pytest._code.code import (
    ExceptionChainRepr,
    ReprEntry,
    ReprEntryNative,
    ReprFileLocation,
    ReprTraceback,
)
from _pytest.junitxml import mangle_test_address, xml_key
from _pytest.outcomes import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    import pytest


def one_line_failure(
    config: pytest.Config, path: str, line: int, sentence: str, more: Sequence[str] = ()
) -> ExceptionChainRepr:
    """Return a failure at a 1-based line of a file that is shown as *sentence*, with *more* below it."""
    # With --tb=line pytest 9 prints the place and message below whatever is here.
    style = config.getoption("tbstyle", default="auto")  # the option is the terminal plugin's
    entries = [] if style == "line" else [ReprEntryNative([f"{text}\n" for text in (sentence, *more)])]
    traceback = ReprTraceback(entries, None, style="native")
    return ExceptionChainRepr([(traceback, ReprFileLocation(path, line, sentence), None)])


def without_values(shown: object) -> None:
    """Take arguments and locals out of a traceback: among them are URIs, headers and the environment."""
    for traceback, _, _ in shown.chain if isinstance(shown, ExceptionChainRepr) else ():
        for entry in traceback.reprentries:
            if isinstance(entry, ReprEntry):
                entry.reprfuncargs = entry.reprlocals = None


def ensure_newline(terminal: Any) -> None:  # noqa: ANN401 - pytest exports no name for its class
    """Have the terminal go on at the beginning of a line."""
    terminal.ensure_newline()
    if terminal._tw.width_of_current_line:  # noqa: SLF001
        terminal.write_line("")


def skipped(reason: str) -> BaseException:
    """Return the exception of a skip that is reported at the item's own place."""
    return Skipped(reason, _use_item_location=True)


def report_writers(config: pytest.Config) -> Iterator[ReportWriter]:
    """Yield the JUnit and JSON writers of this session."""
    junit = config.stash.get(xml_key, None)
    if junit is not None:
        yield ReportWriter(junit, takes_session=False)
    json_report = getattr(config, "_json_report", None)
    if hasattr(json_report, "pytest_sessionfinish"):
        yield ReportWriter(json_report, takes_session=True)


class ReportWriter:
    """Somebody who wrote a report file at session finish and can write it again."""

    def __init__(self, plugin: Any, *, takes_session: bool) -> None:  # noqa: ANN401 - two foreign classes
        self._plugin = plugin
        self._takes_session = takes_session

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""
        self._plugin.pytest_runtest_logreport(report=report)

    def forget(self, nodeid: str, outcome: str) -> None:
        """Drop what was taken about a testcase of that outcome; the JSON report overwrites it by itself."""
        if self._takes_session:
            return
        *path, name = mangle_test_address(nodeid)
        # A finished testcase has forgotten everything but its XML; --junit-prefix stands before the class.
        known = self._plugin.node_reporters_ordered
        known[:] = [reporter for reporter in known if not _is_case(reporter.to_xml(), ".".join(path), name)]
        self._plugin.stats[{"failed": "failure"}.get(outcome, outcome)] -= 1

    def write(self, session: pytest.Session) -> None:
        """Write the file again, with everything that was added since."""
        if self._takes_session:
            self._plugin.pytest_sessionfinish(session)
        else:
            self._plugin.pytest_sessionfinish()


def _is_case(element: Element, classname: str, name: str) -> bool:
    return element.get("name") == name and element.get("classname", "").endswith(classname)
