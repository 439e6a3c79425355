"""Who decides, on what commit and in which job: as the CI systems say it, and without them."""

from __future__ import annotations

import os

import pytest

from pytest_mlflow_gate.promotion.provenance import Provenance, provenance

GITHUB = {
    "GITHUB_ACTOR": "octocat",
    "GITHUB_SHA": "c0ffee",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "team/churn",
    "GITHUB_RUN_ID": "7",
}


@pytest.fixture(autouse=True)
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this machine's user a name."""
    monkeypatch.setenv("LOGNAME", "somebody")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, Provenance("somebody"), id="none"),
        pytest.param(
            GITHUB,
            Provenance("octocat", "c0ffee", "https://github.example/team/churn/actions/runs/7"),
            id="github",
        ),
        pytest.param(
            {"GITLAB_USER_LOGIN": "ada", "CI_COMMIT_SHA": "c0ffee", "CI_JOB_URL": "https://gitlab.example/7"},
            Provenance("ada", "c0ffee", "https://gitlab.example/7"),
            id="gitlab",
        ),
        pytest.param(
            {"BUILD_USER_ID": "ada", "GIT_COMMIT": "c0ffee", "BUILD_URL": "https://jenkins.example/7/"},
            Provenance("ada", "c0ffee", "https://jenkins.example/7/"),
            id="jenkins",
        ),
        pytest.param(
            {"BUILD_REQUESTEDFOR": "Ada L", "BUILD_SOURCEVERSION": "c0ffee"},
            Provenance("Ada L", "c0ffee"),
            id="azure",
        ),
        pytest.param(
            {
                "BUILDKITE_BUILD_CREATOR": "Ada L",
                "BUILDKITE_COMMIT": "c0ffee",
                "BUILDKITE_BUILD_URL": "https://buildkite.example/7",
            },
            Provenance("Ada L", "c0ffee", "https://buildkite.example/7"),
            id="buildkite",
        ),
        pytest.param(
            {"CIRCLE_SHA1": "c0ffee", "CIRCLE_BUILD_URL": "https://circle.example/7"},
            Provenance("somebody", "c0ffee", "https://circle.example/7"),
            id="circleci",
        ),
        pytest.param({"BITBUCKET_COMMIT": "c0ffee"}, Provenance("somebody", "c0ffee"), id="bitbucket"),
        pytest.param(dict.fromkeys(GITHUB, ""), Provenance("somebody"), id="empty"),
        pytest.param(dict.fromkeys(GITHUB, "  "), Provenance("somebody"), id="blank"),
        pytest.param(
            GITHUB | {"GITHUB_ACTOR": " ", "GITLAB_USER_LOGIN": " ada\n"},
            Provenance("ada", "c0ffee", "https://github.example/team/churn/actions/runs/7"),
            id="blank-before-another",
        ),
        pytest.param(
            GITHUB | {"GITHUB_RUN_ID": ""}, Provenance("octocat", "c0ffee"), id="github-without-a-run"
        ),
    ],
)
def test_each_ci_system_says_where_it_is(environ: dict[str, str], expected: Provenance) -> None:
    """Blank variables say nothing, and nothing of it is a proof of identity."""
    assert provenance(environ) == expected


def test_a_user_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user may have a number only."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    assert provenance({}) == Provenance("unknown")
