"""A Store in memory that appends every write to a log, so that a write too many shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_mlflow_gate.tracking.store import NotFound, StoreError
from pytest_mlflow_gate.tracking.values import (
    Artifact,
    Experiment,
    LoggedModel,
    Measurement,
    ModelVersion,
    RegisteredModel,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_mlflow_gate.tracking.store import Store

RUN = Run(
    run_id="r1",
    name="bold-shrew",
    experiment_id="1",
    status="FINISHED",
    active=True,
    start_time=1_000.0,
    end_time=2_000.0,
    artifact_uri="mlflow-artifacts:/1/r1/artifacts",
    metrics={"accuracy": 0.93, "f1": 0.9, "latency_ms": 110.0},
    params={},
    tags={},
    model_ids=("m-1",),
)
_TAG = re.compile(r"tags\.(\S+) = '(.*)'")
MLMODEL = (Artifact("MLmodel", is_dir=False), Artifact("data", is_dir=True))


class FakeStore:
    """
    One experiment, one run, one logged model, and a registry that works.

    Of filters it knows only that of one tag; a metric has one logged value unless `histories` has others.
    """

    description = "fake://store"
    has_stages = True

    def __init__(self, run: Run = RUN, *, on_write: Callable[[str], None] | None = None) -> None:
        self.runs = {run.run_id: run}
        self.models = {
            model_id: LoggedModel(model_id, "model", run.run_id, ready=True) for model_id in run.model_ids
        }
        self.files: dict[str, tuple[Artifact, ...]] = dict.fromkeys(self.models, MLMODEL)
        self.texts: dict[str, str] = {}
        self.histories: dict[tuple[str, str], tuple[Measurement, ...]] = {}
        self.versions: dict[str, dict[str, ModelVersion]] = {}
        self.aliases: dict[str, dict[str, str]] = {}
        self.newest: dict[str, int] = {}
        self.writes: list[str] = []
        self.failing: dict[str, StoreError] = {}
        self.on_write = on_write

    def _write(self, text: str) -> None:
        if self.on_write:
            self.on_write(text)
        self.writes.append(text)
        for start, error in self.failing.items():
            if text.startswith(start):
                raise error

    def add_version(
        self, model: str, version: str, *, source: str = "models:/m-1", **changes: object
    ) -> ModelVersion:
        """Put a version into the registry as somebody else would."""
        made = ModelVersion(model, version, source, "r1", ready=True, stage="None", tags={})
        made = made._replace(**changes)  # type: ignore[arg-type]
        self.versions.setdefault(model, {})[version] = made
        self.newest[model] = max(self.newest.get(model, 0), int(version))
        self.aliases.setdefault(model, {})
        return made

    def run_url(self, run: Run) -> str | None:
        return f"fake://store/{run.run_id}"

    def experiment_named(self, name: str) -> Experiment | None:
        return Experiment("1", name, active=True) if name == "churn" else None

    def experiment(self, experiment_id: str) -> Experiment:
        return Experiment(experiment_id, "churn", active=True)

    def run(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise NotFound(f"no run {run_id}")
        return self.runs[run_id]

    def search_runs(
        self, experiment_id: str, *, filter_string: str, order_by: Sequence[str], page_size: int
    ) -> Iterator[Run]:
        del experiment_id, order_by, page_size
        wanted = _TAG.fullmatch(filter_string)
        for run in self.runs.values():
            if wanted is None or run.tags.get(wanted[1]) == wanted[2]:
                yield run

    def metric_history(self, run_id: str, metric: str) -> tuple[Measurement, ...]:
        run = self.run(run_id)
        only = (Measurement(run.metrics[metric], 0, 1_000_000),) if metric in run.metrics else ()
        return self.histories.get((run_id, metric), only)

    def logged_model(self, model_id: str) -> LoggedModel:
        if model_id not in self.models:
            raise NotFound(f"no logged model {model_id}")
        return self.models[model_id]

    def logged_model_artifacts(self, model_id: str) -> tuple[Artifact, ...]:
        return self.files[model_id]

    def run_artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        return self.files.get(f"{run_id}/{path}", ())

    def model_file(self, model_id: str, path: str) -> str | None:
        return self.texts.get(f"{self.logged_model(model_id).model_id}/{path}")

    def run_file(self, run_id: str, path: str) -> str | None:
        return self.texts.get(f"{self.run(run_id).run_id}/{path}")

    def registered_model(self, name: str) -> RegisteredModel | None:
        return RegisteredModel(name, dict(self.aliases[name])) if name in self.versions else None

    def model_version(self, model: str, version: str) -> ModelVersion | None:
        return self.versions.get(model, {}).get(version)

    def aliased_version(self, model: str, alias: str) -> ModelVersion | None:
        return self.model_version(model, self.aliases.get(model, {}).get(alias, ""))

    def model_versions(self, model: str, *, run_id: str | None = None) -> tuple[ModelVersion, ...]:
        found = self.versions.get(model, {}).values()
        return tuple(version for version in found if run_id in (None, version.run_id))[::-1]

    def create_registered_model(self, name: str) -> None:
        self._write(f"create model {name}")
        self.versions.setdefault(name, {})
        self.aliases.setdefault(name, {})

    def create_model_version(
        self, model: str, *, source: str, run_id: str | None, model_id: str | None
    ) -> ModelVersion:
        self._write(f"create version of {model} from {source} ({run_id}, {model_id})")
        number = self.newest.get(model, 0) + 1  # MLflow uses the number of a deleted version for no other
        return self.add_version(model, str(number), source=source, run_id=run_id)

    def delete_model_version(self, model: str, version: str) -> None:
        self._write(f"delete version {model}/{version}")
        self.versions.get(model, {}).pop(version, None)
        aliases = self.aliases.get(model, {})
        for alias in [name for name, target in aliases.items() if target == version]:
            del aliases[alias]

    def set_alias(self, model: str, alias: str, version: str) -> None:
        self._write(f"alias {model}@{alias} = {version}")
        self.aliases[model][alias] = version

    def delete_alias(self, model: str, alias: str) -> None:
        self._write(f"no alias {model}@{alias}")
        self.aliases[model].pop(alias, None)

    def set_stage(self, model: str, version: str, stage: str, *, archive_existing: bool) -> None:
        self._write(f"stage {model}/{version} = {stage}{' alone' if archive_existing else ''}")
        versions = self.versions[model]
        for other in versions.values():
            if archive_existing and other.stage == stage:
                versions[other.version] = other._replace(stage="Archived")
        versions[version] = versions[version]._replace(stage=stage)

    def set_version_tag(self, model: str, version: str, key: str, value: str) -> None:
        self._write(f"tag {model}/{version} {key} = {value}")
        found = self.versions[model][version]
        self.versions[model][version] = found._replace(tags={**found.tags, key: value})

    def delete_version_tag(self, model: str, version: str, key: str) -> None:
        self._write(f"no tag {model}/{version} {key}")
        found = self.versions[model][version]
        tags = {name: value for name, value in found.tags.items() if name != key}
        self.versions[model][version] = found._replace(tags=tags)

    def set_version_description(self, model: str, version: str, text: str) -> None:
        self._write(f"description {model}/{version}")
        self.versions[model][version] = self.versions[model][version]._replace(description=text)

    def set_run_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        self._write(f"run tags {run_id} {', '.join(f'{key} = {value}' for key, value in tags.items())}")
        run = self.run(run_id)
        self.runs[run_id] = run._replace(tags={**run.tags, **tags})

    def delete_run_tag(self, run_id: str, key: str) -> None:
        self._write(f"no run tag {run_id} {key}")
        if run_id in self.runs:
            run = self.runs[run_id]
            tags = {name: value for name, value in run.tags.items() if name != key}
            self.runs[run_id] = run._replace(tags=tags)

    def log_text(self, run: Run, path: str, text: str) -> None:
        self._write(f"file {run.run_id}/{path}")
        self.texts[f"{run.run_id}/{path}"] = text

    def close(self) -> None:
        pass


class Asked:
    """
    A store in front of another one that notes each request, and refuses those that a test says.

    Attributes:
        log: One entry for each request: the method's name and what it was asked for.
        refusing: Beginning of such an entry to the error that it is answered with.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.log: list[str] = []
        self.refusing: dict[str, StoreError] = {}

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        if not callable(attribute):
            return attribute

        def asked(*arguments: Any, **options: Any) -> Any:
            entry = " ".join([name, *map(str, arguments)])
            self.log.append(entry)
            for start, error in self.refusing.items():
                if entry.startswith(start):
                    raise error
            return attribute(*arguments, **options)

        return asked
