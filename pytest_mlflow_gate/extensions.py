"""Conditions that other packages add to the language."""

from __future__ import annotations

import keyword
import os
import re
from dataclasses import replace
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, get_args

from pytest_mlflow_gate.checks.condition import Condition, cannot_judge
from pytest_mlflow_gate.checks.finding import Finding
from pytest_mlflow_gate.checks.kinds import KEYS, language
from pytest_mlflow_gate.gatefile.language import Need, Unit
from pytest_mlflow_gate.gatefile.threshold_layout import ThresholdKeys
from pytest_mlflow_gate.tracking.credentials import known_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from importlib.metadata import Distribution

    from pytest_mlflow_gate.gatefile.declared import Check
    from pytest_mlflow_gate.gatefile.language import Language
    from pytest_mlflow_gate.tracking.snapshot import Snapshot

HOOK = "pytest_mlflow_gate_check"

_US = "pytest-mlflow-gate"
_USERINFO = re.compile(r"//[^\s/]*@")


class ExtensionError(Exception):
    """A plugin adds what cannot be added; one line that names the plugin."""


def conditions_of(answers: Iterable[tuple[str, object]]) -> tuple[Condition, ...]:
    """
    Return the conditions that plugins add, each with a judge that cannot break the session.

    Args:
        answers: Names of plugins, and what the hook of each returned.

    Raises:
        ExtensionError: If an answer is no condition or list of them, or a name is taken or no identifier.
    """
    added: dict[str, Condition] = {}
    owners: dict[str, str] = {}
    for plugin, answer in answers:
        for condition in answer if isinstance(answer, list | tuple) else (answer,):
            if not isinstance(condition, Condition):
                raise ExtensionError(
                    f"plugin {plugin}: {HOOK} returned {type(condition).__name__}, return a Condition or a "
                    "list of them"
                )
            for text in _wrong(condition, owners):
                raise ExtensionError(f"plugin {plugin}: condition {condition.name!r} {text}")
            owners[condition.name] = plugin
            added[condition.name] = replace(condition, judge=_guarded(condition, plugin))
    return tuple(added.values())


def installed_language() -> Language:
    """
    Return what the loader has to know where pytest does not run, with what installed plugins add.

    Only the pytest plugins of distributions that require this one are imported.

    Raises:
        ExtensionError: As `conditions_of`, or when a plugin cannot be imported.
    """
    return language(conditions_of(_installed()))


def failure(error: BaseException) -> str:
    """Return in one line what a plugin's code raised, as `harmless`."""
    said = harmless(str(error))
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def harmless(text: str) -> str:
    """Return a plugin's text on one line, without secrets of the environment and users in URIs."""
    uris = (os.environ.get(name) for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"))
    shown = _USERINFO.sub("//***@", known_secrets(os.environ, *uris).remove(text))
    return " ".join("".join(letter if letter.isprintable() else " " for letter in shown).split())


def _wrong(condition: Condition, owners: dict[str, str]) -> Iterator[str]:
    """Yield what is wrong with a condition, as the rest of a sentence."""
    name: object = condition.name
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        yield "is no identifier, choose a name such as max_psi"
    if name in ThresholdKeys.__struct_fields__:
        yield "is a setting of every threshold already, choose another name"
    if name in KEYS or name in owners:
        by = f" in plugin {owners[condition.name]}" if name in owners else ""
        yield f"exists already{by}, choose another name"
    if condition.symbol:
        yield f"has the symbol {condition.symbol!r}, and short forms are the language's own: leave it out"
    if condition.unit not in get_args(Unit):
        yield f"has the unit {condition.unit!r}, write one of {', '.join(get_args(Unit))}"
    if condition.side not in ("lower", "upper", None):
        yield f"has the side {condition.side!r}, write lower or upper, or leave it out"
    if unknown := sorted(map(str, set(condition.needs) - set(get_args(Need)))):
        yield f"needs {', '.join(unknown)}, write some of {', '.join(get_args(Need))}"


def _guarded(condition: Condition, plugin: str) -> Callable[[Check, Snapshot], Finding]:
    # What compares with nothing has nothing that could excuse it.
    excusable = ("exempt",) if "baseline" in condition.needs else ()
    outcomes = ("passed", "failed", "unevaluable", *excusable)

    def judge(check: Check, snapshot: Snapshot) -> Finding:
        try:
            finding: object = condition.judge(check, snapshot)
        except Exception as error:  # noqa: BLE001 - foreign code raises whatever it likes
            why = f"{condition.name} of plugin {plugin} failed with {failure(error)}"
            return cannot_judge(check, why, fix="mend the plugin")
        # A severity of its own, or the name of another check, would let pass what the file says must hold.
        own = check.name, check.severity
        if not isinstance(finding, Finding) or (finding.check, finding.severity) != own:
            why = f"{condition.name} of plugin {plugin} did not return a finding of this check"
            return cannot_judge(check, f"{why}: make it with compare, found or cannot_judge")
        if finding.outcome not in outcomes:
            why = f"{condition.name} of plugin {plugin} found {finding.outcome!r}"
            why = f"{why}, which is none of {', '.join(outcomes)}"
            return cannot_judge(check, why, fix="mend the plugin")
        return finding

    return judge


def _installed() -> Iterator[tuple[str, object]]:
    for point in entry_points(group="pytest11"):
        if point.dist is None or not _requires_us(point.dist):
            continue
        try:
            hook = getattr(point.load(), HOOK, None)
            answer = hook() if hook else None
        except Exception as error:
            raise ExtensionError(f"plugin {point.name}: {HOOK} failed with {failure(error)}") from error
        if answer is not None:
            yield point.name, answer


def _requires_us(distribution: Distribution) -> bool:
    names = (re.match(r"[\w.-]+", requirement) for requirement in distribution.requires or ())
    # Names are compared as packaging does it.
    return any(name and re.sub(r"[-_.]+", "-", name[0]).lower() == _US for name in names)
