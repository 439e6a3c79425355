"""CI systems' own readers, as their sources have them: GitHub's runner and GitLab's parsers."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

GITLAB_MOST_BYTES = 5120
GITLAB_MOST_VARIABLES = 20


class Command(NamedTuple):
    """
    A workflow command as GitHub understands it.

    Attributes:
        level: ``error``, ``warning`` or ``notice``.
        properties: Unescaped.
        message: Unescaped.
    """

    level: str
    properties: dict[str, str]
    message: str


def github_outputs(text: str) -> dict[str, str]:
    """Return a step's outputs; a line that the runner refuses is an error (FileCommandManager.cs)."""
    outputs = {}
    for line in text.split("\n"):
        if line:
            name, equals, value = line.partition("=")
            assert equals, line
            assert "<<" not in name, line
            outputs[name] = value
    return outputs


def github_commands(lines: list[str]) -> list[Command]:
    """Return the annotations in a log (ActionCommand.cs)."""
    commands = []
    for line in lines:
        if found := re.fullmatch(r"::(error|warning|notice) ?(.*?)::(.*)", line.lstrip()):
            pairs = (pair.partition("=") for pair in found[2].split(","))
            properties = {name: _unescaped(value, properties=True) for name, _, value in pairs}
            commands.append(Command(found[1], properties, _unescaped(found[3])))
    return commands


def gitlab_dotenv(text: str) -> dict[str, str]:
    """Return what later jobs get; what GitLab refuses is an error (parse_dotenv_artifact_service.rb)."""
    assert len(text.encode()) < GITLAB_MOST_BYTES
    variables = {}
    for line in text.splitlines():
        found = re.search(r"^(.*?)=(.*)$", line)
        assert found, line
        assert re.fullmatch(r"[A-Za-z0-9_]+", found[1])
        variables[found[1]] = found[2].strip()
    assert len(variables) <= GITLAB_MOST_VARIABLES
    return variables


def gitlab_metrics(text: str) -> dict[str, str]:
    """Return a metrics report as the merge request compares it (metrics/generic.rb)."""
    report = {}
    for line in text.splitlines():
        words = shlex.split(re.sub(r"#.*$", "", line))
        if words[1:]:
            assert words[0] not in report, line
            report[words[0]] = words[1]
    return report


def _unescaped(text: str, *, properties: bool = False) -> str:
    escapes = {"%0D": "\r", "%0A": "\n"} | ({"%3A": ":", "%2C": ","} if properties else {})
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text.replace("%25", "%")
