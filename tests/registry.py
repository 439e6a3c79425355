"""What a registry holds, as facts that can be compared: read past the plugin, over REST."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.seeding import RestSeeder

Facts = dict[str, str]
"""Such as ``@champion of churn``: ``version 2 of churn``."""

_VARYING = (
    (re.compile(r"\d{4}-?\d{2}-?\d{2}T\d{2}[:.\d]*(Z|\+00:00)?"), "TIME"),
    (re.compile(r"\bm-[0-9a-f]{32}\b"), "LOGGED"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
)


def facts(seed: RestSeeder, models: Iterable[str], run_id: str) -> Facts:
    """Return all that there is to say about these registered models and one run."""
    found = {f"tag {key} of run {run_id}": value for key, value in _run_tags(seed, run_id).items()}
    for model in models:
        found |= _of_model(seed, model)
    return found


def comparable(found: Facts, names: Mapping[str, str]) -> Facts:
    """Return *found* with other words for *names*, and one for every time, id and digest."""
    words: Facts = {}
    for key, value in sorted(found.items()):
        plain = _plain(key, names)
        while plain in words:
            plain += " again"
        words[plain] = _plain(value, names)
    return words


def difference(one: Facts, other: Facts) -> Facts:
    """Return what two registries do not agree about, as ``VALUE -> VALUE``; ``nothing`` is no such fact."""
    return {
        key: f"{one.get(key, 'nothing')} -> {other.get(key, 'nothing')}"
        for key in sorted({*one, *other})
        if one.get(key) != other.get(key)
    }


def _of_model(seed: RestSeeder, model: str) -> Facts:
    name = quote(model, safe="")
    try:
        answer = seed.ask("GET", f"registered-models/get?name={name}")["registered_model"]
    except RuntimeError as error:
        if "RESOURCE_DOES_NOT_EXIST" not in str(error):
            raise
        return {}
    found = {f"model {model}": "registered"}
    for alias in answer.get("aliases", []):
        found[f"@{alias['alias']} of {model}"] = f"version {alias['version']} of {model}"
    searched = seed.ask("GET", f"model-versions/search?filter=name%3D'{name}'")
    for version in searched.get("model_versions", []):
        which = f"version {version['version']} of {model}"
        found[f"run of {which}"] = version.get("run_id", "")
        found[f"source of {which}"] = version["source"]
        found[f"stage of {which}"] = version["current_stage"]
        found |= {f"tag {tag['key']} of {which}": tag["value"] for tag in version.get("tags", [])}
    return found


def _run_tags(seed: RestSeeder, run_id: str) -> dict[str, str]:
    tags = seed.ask("GET", f"runs/get?run_id={run_id}")["run"]["data"].get("tags", [])
    return {tag["key"]: tag["value"] for tag in tags if not tag["key"].startswith("mlflow.")}


def _plain(text: str, names: Mapping[str, str]) -> str:
    for name, word in names.items():
        text = text.replace(name, word)
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text
