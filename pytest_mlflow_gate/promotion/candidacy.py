"""A gate whose candidate passed, and all that its promotion needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mlflow_gate.checks.finding import Finding
    from pytest_mlflow_gate.gatefile.types import Gate, Promotion
    from pytest_mlflow_gate.tracking.snapshot import Snapshot
    from pytest_mlflow_gate.tracking.store import Store, StoreError
    from pytest_mlflow_gate.tracking.values import RegisteredModel


class Candidacy(NamedTuple):
    """
    A gate whose candidate passed.

    Attributes:
        gate: With a promotion.
        promotion: The same as the gate's.
        snapshot: What was judged.
        findings: What was found, for the record.
        store: Where to promote it.
        began: The registered model whose alias moves, as it was when the session began, None where there was
            none; an error if the registry did not answer then.
    """

    gate: Gate
    promotion: Promotion
    snapshot: Snapshot
    findings: Sequence[Finding]
    store: Store
    began: RegisteredModel | StoreError | None
