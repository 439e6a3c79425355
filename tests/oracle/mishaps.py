"""What other plugins do in the oracle's sessions, one class for each kind of mishap, and the ordinary tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

TESTS_FILE = "ordinary.tests"


class OrdinaryTests:
    """Collects the tests of a session from a file that needs no import."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.File | None:
        if file_path.name != TESTS_FILE:
            return None
        return _File.from_parent(parent, path=file_path, names=self.names)


class _File(pytest.File):
    def __init__(self, *, names: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names

    def collect(self) -> Iterator[pytest.Item]:
        yield from (_Test.from_parent(self, name=name) for name in self.names)


class _Test(pytest.Item):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.name in ("test_xfail", "test_xpass"):
            self.add_marker(pytest.mark.xfail(strict=False))

    def setup(self) -> None:
        if self.name == "test_setup_error":
            raise OSError

    def runtest(self) -> None:
        match self.name:
            case "test_fail" | "test_xfail":
                pytest.fail("as meant", pytrace=False)
            case "test_skip":
                pytest.skip("as meant")
            case "test_interrupt":
                raise KeyboardInterrupt
            case "test_exit":
                pytest.exit("as meant", returncode=0)

    def teardown(self) -> None:
        if self.name == "test_teardown_error":
            raise OSError

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        del excinfo, style
        return "as meant"  # a traceback takes longer than the session


class _OnItem:
    """Does something to one item, by its node id."""

    def __init__(self, target: str) -> None:
        self.target = target

    def chosen(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        yield from (item for item in items if item.nodeid == self.target)


class ReportPassed(_OnItem):
    """Turns a failure into a success."""

    outcome = "passed"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if item.nodeid == self.target and report.when == "call" and not report.skipped:
            report.outcome = self.outcome  # type: ignore[assignment]
            report.longrepr = (self.target, 1, "quarantined") if self.outcome == "skipped" else None
        return report


class ReportSkipped(ReportPassed):
    """Turns whatever happened into a skip."""

    outcome = "skipped"


class ItemSkipped(_OnItem):
    """Skips in the setup phase."""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.nodeid == self.target:
            pytest.skip("as meant")


class ItemXfail(_OnItem):
    """Expects a failure."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in self.chosen(items):
            item.add_marker(pytest.mark.xfail(strict=False))


class ItemDropped(_OnItem):
    """Removes without a word."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid != self.target]


class RuntestReplaced(_OnItem):
    """Replaces what an item does by nothing."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in self.chosen(items):
            setattr(item, "runtest", lambda: None)  # noqa: B010 - somebody else's method


class Status:
    """Sets the exit status when the session finishes."""

    def __init__(self, status: int) -> None:
        self.status = status

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        session.exitstatus = self.status


class NoFailuresCounted:
    """Sets pytest's counter of failures back."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        result = yield
        session.testsfailed = 0
        return result


class StatusLate:
    """Sets the exit status after the session has finished."""

    session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session

    def pytest_unconfigure(self) -> None:
        if self.session:
            self.session.exitstatus = 3


class UnconfigureRaises:
    """Breaks when everything is over."""

    def pytest_unconfigure(self) -> None:
        raise OSError


class FinishRaises:
    """Breaks when the session finishes."""

    def pytest_sessionfinish(self) -> None:
        raise OSError


class Meanwhile:
    """Something happens elsewhere while the tests run."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self.happens = happens

    def pytest_runtestloop(self) -> None:
        self.happens()
