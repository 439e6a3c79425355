"""What the machine looks at in a store, as plain data."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from tests.oracle.world import NO_MODEL, Model, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.oracle.session import NewestFirst
    from tests.oracle.world import Place

OWN = "mlflow_gate."


def same(after: Mapping[str, Model], right: Mapping[str, Model]) -> bool:
    """Whether two registries are the same, but for versions that somebody registered and that are nowhere."""
    for name, model in after.items():
        meant = right.get(name, NO_MODEL)
        if model.aliases != meant.aliases or meant.versions.keys() - model.versions.keys():
            return False
        for number, version in model.versions.items():
            if version != meant.versions.get(number, version._replace(stage="None", tags={})):
                return False
    return not any(right[name].aliases or right[name].versions for name in right.keys() - after.keys())


def models(store: NewestFirst) -> dict[str, Model]:
    """Return the registry without the plugin's own tags."""
    return {
        name: Model(
            dict(store.aliases[name]),
            {
                number: Version(
                    str(version.run_id),
                    version.source,
                    version.stage,
                    {key: value for key, value in version.tags.items() if not key.startswith(OWN)},
                )
                for number, version in versions.items()
            },
            store.newest.get(name, 0),
        )
        for name, versions in store.versions.items()
    }


def sources(registry: Mapping[str, Model]) -> list[tuple[str, str]]:
    """Return model and source of each version."""
    return [(name, version.source) for name, model in registry.items() for version in model.versions.values()]


def recorded(store: NewestFirst) -> Counter[Place]:
    """Return how many promotions to each place are on record; one that did not come to its end is an error."""
    recorded: Counter[Place] = Counter()
    for versions in store.versions.values():
        for version in versions.values():
            for key, value in version.tags.items():
                if key.startswith(f"{OWN}decision."):
                    entry = json.loads(value)
                    assert entry["verdict"] == "promoted"
                    recorded[entry["model"], entry["alias"], entry["stage"]] += 1
    return recorded


def promotions(store: NewestFirst) -> set[tuple[str, str, str]]:
    """When each version was recorded as promoted."""
    return {
        (name, number, version.tags.get(f"{OWN}time", ""))
        for name, versions in store.versions.items()
        for number, version in versions.items()
        if version.tags.get(f"{OWN}verdict") == "promoted"
    }
