"""Who decides, on what commit, in which job: as far as the CI system says."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlflow_gate.tracking.uri import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# As the documentation of GitHub Actions, GitLab CI, Jenkins (with its build user plugin), Azure Pipelines,
# Buildkite, CircleCI and Bitbucket lists them.
_WHO = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "BUILD_REQUESTEDFOR", "BUILDKITE_BUILD_CREATOR")
_COMMIT = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "GIT_COMMIT",
    "BUILD_SOURCEVERSION",
    "BUILDKITE_COMMIT",
    "CIRCLE_SHA1",
    "BITBUCKET_COMMIT",
)
_JOB = ("CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL")


class Provenance(NamedTuple):
    """
    Where a decision comes from.

    Attributes:
        by: The person or account that started the job, else the user of this machine.
        commit: Full hash, or None outside of CI.
        job_url: The CI job's page, or None outside of CI.
    """

    by: str
    commit: str | None = None
    job_url: str | None = None


def provenance(environ: Mapping[str, str]) -> Provenance:
    """Read the provenance from the environment; nothing of it is a proof of identity."""
    job = next(_set(environ, _JOB), None) or _github_run(environ)
    return Provenance(
        by=next(_set(environ, _WHO), None) or _user(),
        commit=next(_set(environ, _COMMIT), None),
        job_url=job and mask(job),
    )


def _set(environ: Mapping[str, str], names: tuple[str, ...]) -> Iterator[str]:
    return (value for name in names if (value := environ.get(name, "").strip()))


def _github_run(environ: Mapping[str, str]) -> str | None:
    parts = [
        environ.get(name, "").strip() for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    ]
    server, repository, run = parts
    return f"{server}/{repository}/actions/runs/{run}" if all(parts) else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have a number and no name.
        return "unknown"
