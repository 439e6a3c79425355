"""Candidates that are about to be promoted through a proxy, and what the registry holds afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.registry import comparable, facts
from tests.seeding import fresh

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Project
    from tests.registry import Facts
    from tests.seeding import RestSeeder


@dataclass(frozen=True)
class Promotion:
    """
    What a gate asks for, and what is there already.

    Attributes:
        goal: The rest of the gate's line ``promote``; ``{copy}`` is a second registered model.
        champions: How many versions were promoted before: the last one holds alias and stage, the one before
            it is remembered by ``previous_alias``.
    """

    goal: str
    champions: int

    @property
    def copies(self) -> bool:
        """Whether the version is copied to the second model, where alias and stage are."""
        return "copy_to" in self.goal


FIRST = Promotion("alias: champion, tags: {validated_by: ci}", 0)
NEXT = Promotion("alias: champion, previous_alias: previous-champion, tags: {validated_by: ci}", 1)
COPY = Promotion(
    "alias: champion, previous_alias: previous-champion, stage: Production, copy_to: {copy}, "
    "tags: {validated_by: ci, ticket: '7'}",
    2,
)


class Scenery:
    """What scenes share, because a promotion does not change it: an experiment, an older run, a model's files."""

    def __init__(self, seed: RestSeeder) -> None:
        self.seed = seed
        self.experiment = seed.experiment()
        self.older = seed.run(self.experiment, metrics={"accuracy": 0.92})
        self.model_id = seed.logged_model(self.experiment, self.older)


class Scene:
    """
    A candidate, the models that it goes to, and the gate file.

    Attributes:
        run_id: The candidate.
        model: The registered model.
        target: Where alias and stage are: *model*, or the one that versions are copied to.
        before: What registry and run hold at first.
    """

    def __init__(self, project: Project, scenery: Scenery, uri: str, promotion: Promotion) -> None:
        self.scenery, self.uri = scenery, uri
        seed = scenery.seed
        self.run_id = seed.run(scenery.experiment, metrics={"accuracy": 0.93})
        seed.ask(
            "POST",
            "runs/outputs",
            run_id=self.run_id,
            models=[{"model_id": scenery.model_id, "step": 0}],
        )
        self.model, self.copy = fresh("churn"), fresh("prod")
        self.target = self.copy if promotion.copies else self.model
        self._crown(promotion)
        goal = promotion.goal.replace("{copy}", self.copy)
        project.gate(uri, f"run_id: {self.run_id}", self.model, goal=goal)
        self.before = self.facts()

    def facts(self) -> Facts:
        """Return what registry and run hold now."""
        return facts(self.scenery.seed, {self.model, self.target}, self.run_id)

    def versions(self, found: Facts, model: str) -> list[str]:
        """Return which versions of a model are the candidate's, each as ``version N of MODEL``."""
        holders = [key.removeprefix("run of ") for key, run_id in found.items() if run_id == self.run_id]
        return [holder for holder in holders if holder.endswith(f" of {model}")]

    def comparable(self, found: Facts) -> Facts:
        """Return *found* in words that are the same for every scene."""
        holders = self.versions(found, self.target)
        # A copy that was put back is deleted, and MLflow does not give its number to another one.
        numbered = dict.fromkeys(holders, "the candidate's version of TARGET")
        numbered |= {f'"version":"{holder.split()[1]}"': '"version":"NEW"' for holder in holders}
        names = {
            **numbered,
            self.model: "MODEL",
            self.copy: "COPY",
            self.run_id: "CANDIDATE",
            self.scenery.older: "OLDER",
            self.uri: "URI",
        }
        return comparable(found, names)

    def _crown(self, promotion: Promotion) -> None:
        seed, older = self.scenery.seed, self.scenery.older
        if promotion.champions:
            seed.registered_model(self.target)
        for number in range(1, promotion.champions + 1):
            seed.version(self.target, source=f"runs:/{older}/model{number}", run_id=older)
        if promotion.champions > 1:
            seed.alias(self.target, "previous-champion", str(promotion.champions - 1))
        if promotion.champions:
            seed.alias(self.target, "champion", str(promotion.champions))
        if promotion.champions and "stage" in promotion.goal:
            seed.ask(
                "POST",
                "model-versions/transition-stage",
                name=self.target,
                version=str(promotion.champions),
                stage="Production",
                archive_existing_versions=False,
            )
