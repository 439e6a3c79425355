"""The second judge's idea of a registry: what one promotion makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.world import NO_MODEL, Model, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.oracle.world import Gate, Target, World


def moved_by_hand(models: Mapping[str, Model], gate: Gate) -> Mapping[str, Model]:
    """Return the registry after somebody moved a gate's alias, or took it away, in the middle of its session."""
    if not gate.target or not gate.target.alias or gate.target.home not in models:
        return models
    model, alias = models[gate.target.home], gate.target.alias
    aliases = {name: version for name, version in model.aliases.items() if name != alias}
    others = [version for version in model.versions if version != model.aliases.get(alias)]
    if others:
        aliases[alias] = others[0]
    return {**models, gate.target.home: model._replace(aliases=aliases)}


def version_of(
    target: Target, gate: Gate, candidate: tuple[str, str | None], models: Mapping[str, Model]
) -> str:
    """Return the version that the candidate has or will get."""
    run, version = candidate
    if version and gate.candidate[1] == target.model:
        return version
    model = models.get(target.model, NO_MODEL)
    of_run = [number for number in model.versions if model.versions[number].run == run]
    return max(of_run, key=int) if of_run else str(model.last + 1)


def approved(target: Target, gate: Gate, candidate: tuple[str, str | None], world: World) -> bool:
    """Whether the promotion needs no human, or one said yes; what is there already needs none."""
    words = {"none": 0, "first": 1, "always": 10**9}
    needed = words[target.approval] if target.approval in words else int(target.approval)
    return (
        world.moves.get(target.place, 0) >= needed
        or (target.model, version_of(target, gate, candidate, world.models)) in world.approved
        or without_tags(promote(target, gate, candidate, world.models)) == without_tags(world.models)
    )


def register(
    target: Target, gate: Gate, candidate: tuple[str, str | None], models: Mapping[str, Model]
) -> Mapping[str, Model]:
    """Return the registry in which the candidate has its version."""
    number = version_of(target, gate, candidate, models)
    made = Version(candidate[0], f"models:/m-{candidate[0]}", "None", {})
    return _with_version(models, target.model, number, made)


def promote(
    target: Target, gate: Gate, candidate: tuple[str, str | None], models: Mapping[str, Model]
) -> Mapping[str, Model]:
    """Return the registry after a promotion."""
    number, name = version_of(target, gate, candidate, models), target.model
    models = register(target, gate, candidate, models)
    if target.copy_to:
        made = Version(candidate[0], f"models:/{name}/{number}", "None", {})
        name = target.copy_to
        copies = models.get(name, NO_MODEL)
        same = [copy for copy in copies.versions if copies.versions[copy].source == made.source]
        number = max(same, key=int) if same else str(copies.last + 1)
        models = _with_version(models, name, number, made)
    aliases, versions, last = dict(models[name].aliases), dict(models[name].versions), models[name].last
    if target.alias and aliases.get(target.alias) != number:
        if target.previous_alias and target.alias in aliases:
            aliases[target.previous_alias] = aliases[target.alias]
        aliases[target.alias] = number
    if target.stage:
        for other, version in versions.items():
            if version.stage == target.stage:
                versions[other] = version._replace(stage="Archived")
        versions[number] = versions[number]._replace(stage=target.stage)
    versions[number] = versions[number]._replace(tags={**versions[number].tags, **dict(target.tags)})
    return {**models, name: Model(aliases, versions, last)}


def mere_copy(
    target: Target, gate: Gate, candidate: tuple[str, str | None], models: Mapping[str, Model]
) -> str | None:
    """Return the number of the candidate's copy, for a gate that moves neither alias nor stage; else None."""
    if not target.copy_to or target.alias or target.stage:
        return None
    source = f"models:/{target.model}/{version_of(target, gate, candidate, models)}"
    copies = models[target.copy_to].versions
    return max((number for number in copies if copies[number].source == source), key=int)


def use_up_a_number(
    target: Target, gate: Gate, candidate: tuple[str, str | None], models: Mapping[str, Model]
) -> Mapping[str, Model]:
    """Return the registry after a copy was made and taken away again: its number is never used once more."""
    copied = promote(target, gate, candidate, models)
    model, after = models.get(target.home, NO_MODEL), copied[target.home]
    return {**models, target.home: model._replace(last=after.last)}


def _with_version(
    models: Mapping[str, Model], name: str, number: str, version: Version
) -> Mapping[str, Model]:
    model = models.get(name, NO_MODEL)
    versions = {number: version, **model.versions}
    return {**models, name: Model(model.aliases, versions, max(model.last, int(number)))}


def without_tags(models: Mapping[str, Model]) -> dict[str, Model]:
    """Return a registry of which only aliases, stages and versions are looked at."""
    return {
        name: model._replace(versions={key: each._replace(tags={}) for key, each in model.versions.items()})
        for name, model in models.items()
    }
