"""A backtest as lines: whatever the names and however many checks, eighty columns and every run in each block."""

from __future__ import annotations

import pytest

from pytest_mlflow_gate.checks.backtest import Backtest, Champion, Past, backtest
from pytest_mlflow_gate.checks.kinds import language
from pytest_mlflow_gate.reporting.backtest import in_short, table
from pytest_mlflow_gate.reporting.table import width
from pytest_mlflow_gate.tracking.snapshot import Missing
from pytest_mlflow_gate.tracking.values import Experiment, Run
from tests.checks.judging import rival
from tests.fakes import RUN
from tests.gatefile.loading import load_text

HEAD = "candidate: {experiment: churn}\nbaseline: {model: churn, alias: champion}\nthresholds:\n"
NOW = 1_000_000.0
NAN = float("nan")
THRESHOLDS = """\
  accuracy: {min: 0.92, max_drop: 1%}
  ms: [{max: 120}, {max: 100, severity: warn}]
  loss: {max: 0.3, over: min}
"""


def run(number: int, name: str | None = None, **metrics: float) -> Run:
    """Return a run that ended so many hours ago."""
    shown = f"bold-shrew-{number}" if name is None else name
    return RUN._replace(run_id=f"{number:032x}", name=shown, end_time=NOW - 3600 * number, metrics=metrics)


def made(thresholds: str, *runs: Run, asked: int | None = None, crowned: tuple[Run, ...] = ()) -> Backtest:
    """Return a backtest of *runs*, of which some were champion."""
    gate = load_text(HEAD + thresholds, language=language())
    base = rival({"accuracy": 0.93}, run_id=f"{3:032x}")
    past = Past(
        Experiment("1", "churn", active=True), runs, base, tuple(map(Champion, crowned)), "nobody", {}, NOW
    )
    return backtest(gate, past, asked or len(runs))


def lines(found: Backtest, columns: int = 80) -> list[str]:
    """Return the text of a table."""
    return [line.text for line in table(found, columns)]


def test_whole_table() -> None:
    """Runs are rows, checks are columns, and below are how many pass and what champions meet."""
    runs = (
        run(1, accuracy=0.95, ms=90.0),
        run(2, accuracy=0.90, ms=NAN),
        run(3, accuracy=0.93, ms=130.0),
    )
    assert lines(made(THRESHOLDS, *runs, asked=5, crowned=(runs[2],))) == [
        "last 3 finished runs (all that there are of 5) of experiment churn",
        "changes compared with version 3 of churn, run 00000000000000000000000000000003",
        "  run             age  accuracy  accuracy  ms      ms        loss    verdict",
        "                       min       max_drop  max     max:warn  max",
        "  bold-shrew-1    1 h  0.95      0.95      90      90        -       pass?",
        "  bold-shrew-2    2 h  0.9 !     0.9 !     NaN ?   NaN (?)   -       FAIL",
        "  bold-shrew-3 *  3 h  0.93      =         130 !   130 (!)   -       FAIL",
        "  limit                >= 0.92   1%        <= 120  <= 100    <= 0.3",
        "  would pass           2 of 3    1 of 2    1 of 3  1 of 3    -       0 of 3",
        "  champions meet       >= 0.93             <= 130  <= 130",
        "",
        "  ! misses the limit, (!) misses a limit that only warns, ? cannot be judged,",
        "    (?) cannot be judged, and only warns, = is the baseline, or has none to",
        "    beat, - not judged, pass? a check was not judged, * was champion",
        "  champions meet: the tightest limit that would pass 1 run once champion",
        "  not judged: loss[max]: it reads the metric's history (over: min)",
    ]


def test_moods() -> None:
    """Colours tell a run that fails from one that was not judged in full, and from one that passes."""
    found = made("  m: {min: 0.5}\n  n: {min: 0, over: min, severity: warn}\n", run(1, m=0.9), run(2, m=0.1))
    moods = [line.mood for line in table(found) if line.text.startswith("  bold")]
    assert moods == ["plain", "bad"]
    found = made("  m: {min: 0.5}\n  n: {min: 0, over: min}\n", run(1, m=0.9))
    assert [line.mood for line in table(found) if line.text.startswith("  bold")] == ["doubtful"]


LONG = "a-metric/with/a/name/that/nobody/would/give/it/" + "x" * 150


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"metric_{number}" for number in range(60)], id="many"),
        pytest.param([LONG, LONG + "y", "m"], id="long"),
        pytest.param(["精度" * 20, "f1"], id="wide-letters"),
    ],
)
@pytest.mark.parametrize("run_name", ["bold-shrew", "r" * 90, "走" * 40, "a\x1b[31mb"])
def test_fits(names: list[str], run_name: str) -> None:
    """No row is wider than eighty columns, every check and in each block every run is there."""
    thresholds = "".join(f'  "{name}": ">= 0.5"\n' for name in names)
    metrics = dict.fromkeys(names, 0.123456789)
    found = made(thresholds, *(run(number, run_name, **metrics) for number in (1, 2)))
    text = lines(found)
    assert max(width(line) for line in text if not line.startswith("  in full: ")) <= 80
    assert "\x1b" not in "".join(text)
    heads = [line for line in text if line.startswith("  run ")]
    ages = [line for line in text if " 1 h " in line or " 2 h " in line]
    assert len(ages) == 2 * len(heads)
    assert sum(line.count("0.123457 !") for line in text) == 2 * len(names)
    assert [line.endswith("verdict") for line in heads] == [*[False] * (len(heads) - 1), True]


def test_names_that_were_cut_stand_below() -> None:
    """A name that does not fit its column can still be read."""
    text = lines(made(f'  "{LONG}": ">= 0.5"\n  m: ">= 0"\n', run(1, m=1.0)))
    assert [line for line in text if "in full" in line] == [f"  in full: {LONG}[min]"]


def test_run_without_a_name() -> None:
    """Without a name it is the beginning of the id."""
    assert any(
        line.startswith("  000000000000  1 h ") for line in lines(made("  m: '>= 0'\n", run(1, "", m=1.0)))
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(
            {"no_champions": "no version ever was a @b"}, "  no version ever was a @b", id="no-champions"
        ),
        pytest.param(
            {"baseline": Missing("there is no registered model 'churn'")},
            "changes compared with nothing: there is no registered model 'churn'",
            id="no-baseline",
        ),
    ],
)
def test_what_is_missing(changes: dict[str, object], line: str) -> None:
    """What could not be compared is told."""
    found = made("  accuracy: {max_drop: 1%}\n", run(1, accuracy=1.0))
    assert line in lines(found._replace(**changes))  # type: ignore[arg-type]


def test_champion_limits_of_every_kind() -> None:
    """A strict comparison becomes one that passes, a tolerance stays one, and where no limit helps that is said."""
    crowned = run(3, a=0.9, b=0.4, c=1.02, d=0.5)
    found = made(
        "  a: '> 0.85'\n  b: '< 0.5'\n  c: {equals: 1, tolerance: 0.1}\n  d: '>= 0.5'\n",
        run(1, a=1.0, b=1.0, c=1.0, d=1.0),
        crowned=(crowned,),
    )
    (line,) = (line for line in lines(found) if line.startswith("  champions meet  "))
    assert line.split() == ["champions", "meet", ">=", "0.9", "<=", "0.4", "+-", "0.02", ">=", "0.5"]


@pytest.mark.parametrize(
    ("thresholds", "runs", "said"),
    [
        pytest.param("  m: '>= 0.5'\n", (0.9, 0.1), "1 of 2 runs would pass", id="two"),
        pytest.param("  m: '>= 0.5'\n", (0.9,), "1 of 1 run would pass", id="one"),
        pytest.param(
            "  m: {min: 0.5}\n  n: {min: 0, over: min}\n",
            (0.9, 0.1),
            "0 of 2 runs would pass, 1 more in what was judged",
            id="not-judged-in-full",
        ),
    ],
)
def test_in_short(thresholds: str, runs: tuple[float, ...], said: str) -> None:
    """One sentence for who has no table."""
    assert in_short(made(thresholds, *(run(number, m=value) for number, value in enumerate(runs)))) == said
