"""What an HTTP answer means: MLflow's JSON, or one of the ways in which it is not that."""

from __future__ import annotations

import html
import json
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pytest_mlflow_gate.tracking.retry import Transient
from pytest_mlflow_gate.tracking.store import Denied, NotFound, NotMlflow, Rejected, StoreError, Unreachable
from pytest_mlflow_gate.tracking.uri import Secrets, mask

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXCERPT = 200
_READ_FOR_EXCERPT = 20_000
_TAGS = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)

_SEND_CREDENTIALS = (
    "no credentials were sent: "
    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
)
_MAYBE_ABSENT = "for users who are no admins, MLflow also answers this about what does not exist"


class ApiError(Rejected):
    """
    MLflow refused the request, over REST.

    Attributes:
        error_code: MLflow's own, e.g. ``INVALID_PARAMETER_VALUE``.
        message: MLflow's own words, which can hold anything; for decisions, not for show.
    """

    def __init__(self, text: str, error_code: str, message: str) -> None:
        super().__init__(text)
        self.error_code = error_code
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One HTTP answer.

    Attributes:
        status: HTTP status code.
        headers: Header names in lower case to values.
        body: Decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Media type without parameters, in lower case; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """Beginning of the body for people: of an HTML page what one would read."""
        text = self.body[:_READ_FOR_EXCERPT].decode(errors="replace")
        return html.unescape(_TAGS.sub(" ", text)) if self.content_type == "text/html" else text

    @property
    def status_line(self) -> str:
        """Code and standard phrase, e.g. ``404 Not Found``."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


def is_file(headers: Mapping[str, str]) -> bool:
    """
    Tell whether an answer with these *headers* is a file as MLflow sends one.

    It marks each as an attachment, which no login page is, and no answer of its API.
    """
    return headers.get("content-disposition", "").lower().startswith("attachment")


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Tells what the answers of one server mean.

    Attributes:
        server: Masked tracking URI, which each message begins with.
        base: The address that the API's paths were appended to, without credentials.
        secrets: Removed from whatever the server says.
    """

    server: str
    base: str
    secrets: Secrets

    def read(self, answer: Answer, path: str, sent: str | None) -> dict[str, Any]:
        """
        Return the JSON object of an answer that went well.

        Args:
            answer: What the server said.
            path: What it was asked, below the server's own address.
            sent: The kind of credentials that were sent, or None.

        Raises:
            Transient: For 408, 429 and 5xx.
            StoreError: For everything else that is not an MLflow answer.
        """
        document = _json_object(answer)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - every reader knows them
            if document is None:
                raise NotMlflow(f"{self.server}: {self._instead(answer)}")
            return document
        raise self._error(answer, document or {}, path, sent)

    def read_receipt(self, answer: Answer, path: str, sent: str | None) -> None:
        """Accept an answer that has nothing to say but that all is well; otherwise as `read`."""
        if answer.body or not 200 <= answer.status < 300:  # noqa: PLR2004 - as in read
            self.read(answer, path, sent)

    def read_file(self, answer: Answer, path: str, sent: str | None) -> bytes:
        """Return the content of an answer that is a file; arguments and errors are those of `read`."""
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - as in read
            raise self._error(answer, _json_object(answer) or {}, path, sent)
        if answer.content_type == "text/html" or not is_file(answer.headers):
            kind = "an HTML page" if answer.content_type == "text/html" else self._kind(answer)
            raise NotMlflow(
                f"{self.server}: answered with {kind} instead of a file (a login page or a proxy?)"
            )
        return answer.body

    def excerpt(self, text: str) -> str:
        """Return the beginning of a foreign *text* on one line, without secrets and control characters."""
        printable = "".join(letter if letter.isprintable() else " " for letter in text[:_READ_FOR_EXCERPT])
        line = " ".join(self.secrets.remove(printable).split())
        return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}..."

    def _error(
        self, answer: Answer, document: Mapping[str, Any], path: str, sent: str | None
    ) -> Transient | StoreError:
        said = self.excerpt(str(document.get("message") or answer.text))
        told = f"{self.server}: {answer.status_line}" + (f": {said}" if said else "")
        location = answer.headers.get("location")
        match answer.status:
            case 301 | 302 | 303 | 307 | 308 if location:
                return NotMlflow(f"{self.server}: {self._redirect(location, path)}")
            case 401 | 403 | 407:
                return Denied(f"{told} ({self._denial(answer.status, said, sent)})")
            case status if status in {408, 429} or status >= 500:  # noqa: PLR2004 - as in read
                return Transient(Unreachable(told), _retry_after(answer))
        if code := str(document.get("error_code", "")):
            return self._refusal(code, str(document.get("message", "")), said)
        if answer.status == 404:  # noqa: PLR2004 - as in read
            return NotMlflow(
                f"{self.server}: no MLflow API at {path} (404 Not Found): check the path in tracking_uri; "
                "an old server may also lack this part"
            )
        return NotMlflow(f"{told} (not an answer of MLflow's API)")

    def _refusal(self, code: str, message: str, said: str) -> StoreError:
        if code == "RESOURCE_DOES_NOT_EXIST":
            return NotFound(f"{self.server}: {said}")
        return ApiError(f"{self.server}: {said} ({self.excerpt(code)})", code, message)

    def _instead(self, answer: Answer) -> str:
        kind = answer.content_type
        if kind == "text/html":
            return "answered with an HTML page instead of MLflow's API (a login page or a proxy?)"
        if kind.endswith("json"):
            return "answered with invalid JSON instead of MLflow's API (a proxy that cuts answers?)"
        return f"answered with {self._kind(answer)} instead of MLflow's API"

    def _kind(self, answer: Answer) -> str:
        return self.excerpt(answer.content_type) or "no content type"

    def _redirect(self, location: str, path: str) -> str:
        target = location.partition("?")[0]
        if target.endswith(path) and "://" in target:
            address = self.excerpt(mask(target[: -len(path)]))
            return f"redirects to {address}; put that address into tracking_uri"
        return (
            f"redirects to {self.excerpt(mask(target))} instead of answering (a login page or a proxy?); "
            "put the address of MLflow itself into tracking_uri"
        )

    def _denial(self, status: int, said: str, sent: str | None) -> str:
        if "Invalid Host header" in said:
            host = self.base.partition("://")[2].partition("/")[0]
            return f"start the server with: mlflow server --allowed-hosts {host}"
        if status == 407:  # noqa: PLR2004 - as in _error
            return "the proxy wants credentials: put them into the proxy's URL"
        remedy = f"{sent} sent" if sent else _SEND_CREDENTIALS
        return f"{remedy}; {_MAYBE_ABSENT}" if status == 403 else remedy  # noqa: PLR2004 - as in _error


def _json_object(answer: Answer) -> dict[str, Any] | None:
    if not answer.content_type.endswith("json"):
        return None
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    if not value:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - a date is rare, and email is large

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
