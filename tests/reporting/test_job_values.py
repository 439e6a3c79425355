"""What later steps and jobs are told, and where the links go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mlflow_gate.gatefile.types import Promotion
from pytest_mlflow_gate.promotion.decision import Result
from pytest_mlflow_gate.reporting.job_values import gate_values, links, session_values
from tests.gates import gate
from tests.reporting.decisions import PAGE, PROMOTED, WITHHELD, decided, session, without_candidate

if TYPE_CHECKING:
    from pytest_mlflow_gate.promotion.decision import Decision

COPY = Promotion("churn", "champion", None, None, (), "prod.churn", None, 0, 6)
AWAITING = Result("awaiting", "version 4 waits", version="4")


def test_values_of_a_promotion() -> None:
    """A deploy step has all it needs to load the model."""
    assert session_values(session(decided())) == {
        "promoted": "true",
        "version": "3",
        "run_id": "r1",
        "verdict": "passed",
        "promotion": "promoted",
        "model": "churn-classifier",
    }


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        pytest.param(
            decided(result=WITHHELD),
            ("false", "", "r1", "passed", "withheld", "churn-classifier"),
            id="withheld",
        ),
        pytest.param(
            without_candidate(),
            ("false", "", "", "failed", "withheld", "churn-classifier"),
            id="no-candidate",
        ),
        pytest.param(
            decided(gate=gate(promotion=None), result=Result("none", "")),
            ("false", "", "r1", "passed", "none", ""),
            id="only-judges-and-passes",
        ),
        pytest.param(
            decided({}, Result("none", ""), gate=gate(promotion=None)),
            ("false", "", "r1", "failed", "none", ""),
            id="only-judges-and-fails",
        ),
        pytest.param(
            decided(gate=gate(promotion=COPY)),
            ("true", "3", "r1", "passed", "promoted", "prod.churn"),
            id="copy",
        ),
        pytest.param(
            decided(gate=gate(promotion=COPY), result=AWAITING),
            ("false", "4", "r1", "passed", "awaiting", "churn"),
            id="copy-that-awaits-approval",
        ),
        pytest.param(
            decided(result=Result("failed", "", version="3\nrun_id=evil")),
            ("false", "3 run_id=evil", "r1", "passed", "failed", "churn-classifier"),
            id="line-break-in-a-value",
        ),
    ],
)
def test_values_of_one_gate(decision: Decision, expected: tuple[str, ...]) -> None:
    """Each value is one line, and empty where there is nothing to say."""
    assert tuple(gate_values(decision).values()) == expected


@pytest.mark.parametrize(
    ("results", "promoted", "promotion"),
    [
        pytest.param([PROMOTED, PROMOTED], "true", "promoted", id="all"),
        pytest.param([PROMOTED, WITHHELD], "false", "promoted", id="not-all"),
        pytest.param([WITHHELD, PROMOTED], "false", "withheld", id="not-the-first"),
    ],
)
def test_promoted_is_about_the_whole_session(results: list[Result], promoted: str, promotion: str) -> None:
    """The other values are those of the first gate that promotes; one that only judges is not it."""
    judging = decided(gate=gate(promotion=None), result=Result("none", ""))
    values = session_values(session(judging, *(decided(result=result) for result in results)))
    assert (values["promoted"], values["promotion"]) == (promoted, promotion)


RUN_LINK = ("run bold-shrew", PAGE)
VERSION = "version 3 of churn-classifier"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {}, [RUN_LINK, (VERSION, "http://m/#/models/churn-classifier/versions/3")], id="same-server"
        ),
        pytest.param({"result": WITHHELD}, [RUN_LINK], id="no-version"),
        pytest.param({"url": None}, [], id="store-without-pages"),
        pytest.param({"url": "databricks://r1"}, [("run bold-shrew", "databricks://r1")], id="other-pages"),
        pytest.param(
            {"url": f"{PAGE}?workspace=team%20a"},
            [
                ("run bold-shrew", f"{PAGE}?workspace=team%20a"),
                (VERSION, "http://m/#/models/churn-classifier/versions/3?workspace=team%20a"),
            ],
            id="workspace",
        ),
        pytest.param(
            {"registry_uri": "https://***@registry:5000/"},
            [RUN_LINK, (VERSION, "https://registry:5000/#/models/churn-classifier/versions/3")],
            id="registry-elsewhere",
        ),
        pytest.param({"registry_uri": "databricks-uc"}, [RUN_LINK], id="registry-without-pages"),
    ],
)
def test_links(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """The run's page and the version's, where there are such pages, and never a credential."""
    made = decided()
    if "url" in changes and made.candidate:
        made = made._replace(candidate=made.candidate._replace(url=changes.pop("url")))  # type: ignore[arg-type]
    assert list(links(made._replace(**changes))) == expected  # type: ignore[arg-type]


def test_names_in_a_link_are_quoted() -> None:
    """A model may be called anything."""
    promotion = COPY._replace(copy_to="team/a b?#")
    *_, link = links(decided(gate=gate(promotion=promotion)))
    assert link.url == "http://m/#/models/team%2Fa%20b%3F%23/versions/3"


def test_without_a_candidate_there_is_no_page() -> None:
    """Nothing was found that could be linked."""
    assert list(links(without_candidate())) == []
