"""A backtest as JSON holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlflow_gate.reporting.decision_file import check

if TYPE_CHECKING:
    from pytest_mlflow_gate.checks.backtest import Backtest, Column
    from pytest_mlflow_gate.reporting.decision_file import Json


def backtest_content(backtest: Backtest) -> dict[str, Json]:
    """Return runs, newest first, each with its checks; and of each check what champions meet."""
    return {
        "experiment": backtest.experiment.name,
        "asked": backtest.asked,
        "champions": backtest.champions,
        "no_champions": backtest.no_champions or None,
        "checks": [_column(column) for column in backtest.columns],
        "runs": [
            {
                "run_id": row.run.run_id,
                "run_name": row.run.name,
                "url": row.url,
                "champion": row.champion,
                "verdict": row.verdict,
                "checks": [check(finding) for finding in row.findings],
            }
            for row in backtest.rows
        ],
    }


def _column(column: Column) -> dict[str, Json]:
    found = column.champions
    number = None if found is None else found.number
    return {
        "name": column.check.name,
        "not_judged": column.unseen or None,
        "champions_meet": None if number is None else float(number),
    }
