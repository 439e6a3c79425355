"""
The places where pytest has no public way, each with its reason, so that a new pytest breaks one file.

* A failure that is one line, has a place, and survives xdist needs the exception chain representation: a
  text gets no place, and xdist turns every other representation into a text.
* JUnit and JSON are on disk before anybody knows whether the registry moved; their writers are asked to
  take one more report and write again.
* Everybody who reads JUnit counts lines from 1, and pytest writes them from 0. Some show nothing but a
  failure's text, which for pytest is what the terminal shows: one line. Properties of the suite are public in
  a fixture only, which does nothing under xdist.
* pytest-html has written its page by then too, and asks its own hooks again when its own hook is called.
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
from _pytest.junitxml import bin_xml_escape, mangle_test_address, xml_key
from _pytest.outcomes import Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    import pytest
    from _pytest.junitxml import LogXML


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


class JUnitLog:
    """pytest's own JUnit writer."""

    def __init__(self, plugin: LogXML) -> None:
        self._plugin = plugin

    @classmethod
    def of(cls, config: pytest.Config) -> JUnitLog | None:
        """Return the session's, or None: there is none before pytest is configured, nor after its end."""
        plugin = config.stash.get(xml_key, None)
        return cls(plugin) if plugin is not None else None

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""
        self._plugin.pytest_runtest_logreport(report=report)

    def forget(self, nodeid: str, outcome: str) -> None:
        """Drop what was taken about a testcase of that outcome."""
        *path, name = mangle_test_address(nodeid)
        # A finished testcase has forgotten everything but its XML; --junit-prefix stands before the class.
        known = self._plugin.node_reporters_ordered
        known[:] = [reporter for reporter in known if not _is_case(reporter.to_xml(), ".".join(path), name)]
        self._plugin.stats[{"failed": "failure"}.get(outcome, outcome)] -= 1

    def complete(self, report: pytest.TestReport, line: int, facts: Sequence[str]) -> None:
        """Give the testcase of a report that was taken its 1-based line, and *facts* below its failure."""
        reporter = self._plugin.node_reporter(report)
        if "line" in reporter.attrs:
            reporter.attrs["line"] = str(line)
        for failure in (node for node in reporter.nodes if facts and node.tag == "failure"):
            # With --tb=line there is no text.
            text = failure.text or failure.attrib["message"]
            failure.text = "\n".join((text, *map(bin_xml_escape, facts)))

    def describe(self, prefix: str, properties: Sequence[tuple[str, str]]) -> None:
        """Have the suite say *properties* in place of all whose names begin with *prefix*."""
        known = self._plugin.global_properties
        known[:] = [(name, value) for name, value in known if not name.startswith(prefix)]
        for name, value in properties:
            self._plugin.add_global_property(name, value)

    def write(self) -> None:
        """Write the file again, with everything that was added since."""
        self._plugin.pytest_sessionfinish()


def _is_case(element: Element, classname: str, name: str) -> bool:
    return element.get("name") == name and element.get("classname", "").endswith(classname)


def json_report(config: pytest.Config) -> Any:  # noqa: ANN401 - its class is untyped
    """Return pytest-json-report's own plugin; None without it, and on xdist's workers."""
    plugin = getattr(config, "_json_report", None)
    return plugin if hasattr(plugin, "pytest_sessionfinish") else None


class HtmlLog:
    """What pytest-html knows of a session, and its file."""

    def __init__(self, plugin: Any) -> None:  # noqa: ANN401 - the package says nothing of its types
        self._plugin = plugin

    @classmethod
    def of(cls, config: pytest.Config) -> HtmlLog | None:
        """Return that of a session, or None where it has none."""
        from pytest_html.basereport import BaseReport  # noqa: PLC0415 - only where it is active

        plugins = config.pluginmanager.get_plugins()
        return next((cls(plugin) for plugin in plugins if isinstance(plugin, BaseReport)), None)

    def take(self, report: pytest.TestReport) -> None:
        """Add one report."""
        self._plugin.pytest_runtest_logreport(report)

    def forget(self, nodeid: str, outcome: str) -> None:
        """Drop what was taken about a testcase of that outcome."""
        data = self._plugin._report  # noqa: SLF001
        if data.data["tests"].pop(nodeid, None):
            data.outcomes[outcome]["value"] -= 1
        self._plugin._reports.pop(nodeid, None)  # noqa: SLF001

    def write(self) -> None:
        """Write the file again."""
        self._plugin._generate_report()  # noqa: SLF001
