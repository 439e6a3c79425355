"""What other plugins add to a session with gates: conditions, vetoes, and ears for what was promoted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.extensions import HOOK, ExtensionError, conditions_of, failure, harmless
from pytest_mlflow_gate.promotion.intended import intended

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pluggy

    from pytest_mlflow_gate.checks.condition import Condition
    from pytest_mlflow_gate.gatefile.types import Gate
    from pytest_mlflow_gate.promotion.decision import Result
    from pytest_mlflow_gate.promotion.prepare import Survey

# What pytest.fail and pytest.exit raise is no Exception.
_RAISED = (Exception, pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception)


def added_conditions(config: pytest.Config) -> tuple[Condition, ...]:
    """
    Return the conditions that plugins and conftest files add.

    Raises:
        pytest.UsageError: If one of them breaks, or adds what cannot be added.
    """
    answers = []
    for plugin, call in _each(config, HOOK):
        try:
            answers += [(plugin, answer) for answer in call()]
        except _RAISED as error:
            raise pytest.UsageError(f"plugin {plugin}: {HOOK} failed with {failure(error)}") from error
    try:
        return conditions_of(answers)
    except ExtensionError as error:
        raise pytest.UsageError(str(error)) from error


class PromotionHooks:
    """Asks and tells plugins about promotions, one after the other, so that each can be named."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def veto(self, found: Survey) -> str | None:
        """Return the first reason why a promotion must not happen; a plugin that breaks is one."""
        gate = found.candidacy.gate
        for plugin, call in _each(self._config, "pytest_mlflow_gate_promoting"):
            try:
                reasons = call(gate=gate, plan=intended(found))
            except _RAISED as error:
                return f"pytest_mlflow_gate_promoting of plugin {plugin} failed with {failure(error)}"
            for reason in reasons:
                if not isinstance(reason, str):
                    said = f"returned {type(reason).__name__}, neither a reason nor None"
                    return f"pytest_mlflow_gate_promoting of plugin {plugin} {said}"
                return f"vetoed by plugin {plugin}: {harmless(reason) or 'it gives no reason'}"
        return None

    def promoted(self, gate: Gate, result: Result) -> Iterator[str]:
        """Tell everybody, and yield a line for each plugin that breaks."""
        for plugin, call in _each(self._config, "pytest_mlflow_gate_promoted"):
            try:
                call(gate=gate, result=result)
            except _RAISED as error:
                yield (
                    f"mlflow-gate: {gate.name}: pytest_mlflow_gate_promoted of plugin {plugin} failed with "
                    f"{failure(error)}; the promotion stands"
                )


def _each(config: pytest.Config, hook: str) -> Iterator[tuple[str, pluggy.HookCaller]]:
    """Yield the name of each plugin that has *hook*, in the order of calling, and the hook for it alone."""
    manager = config.pluginmanager
    implementations = getattr(manager.hook, hook).get_hookimpls()
    plugins = [implementation.plugin for implementation in reversed(implementations)]
    for plugin in plugins:
        others = [other for other in plugins if other is not plugin]
        yield _name(config, plugin), manager.subset_hook_caller(hook, others)


def _name(config: pytest.Config, plugin: object) -> str:
    """Return a plugin's name; a conftest file is known by its path."""
    name = config.pluginmanager.get_name(plugin) or type(plugin).__name__
    path = Path(name)
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else name
