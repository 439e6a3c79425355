"""Which tracking URI a gate uses, and how a URI or a foreign text is shown without its credentials."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"

_SECRET_WORD = r"(?:pass|pwd|secret|token|key|credential|auth|signature|odbc_connect)"  # noqa: S105 - a pattern
_SECRET_PAIR = re.compile(rf"([?&;#][^=&;#]*{_SECRET_WORD}[^=&;#]*=)([^&]*)", re.IGNORECASE)
_ODBC_SECRET = re.compile(rf"{_SECRET_WORD}[^=;]*=([^;]*)", re.IGNORECASE)
_SCHEME = r"[a-z][a-z0-9+.-]*:"
_USERINFO = re.compile(
    # What may stand before user and password: a scheme; one with a slash too few; nothing.
    rf"^({_SCHEME}//(?!/)|{_SCHEME}/(?!/)(?=[^@]*:[^@]*@)|(?!{_SCHEME}[/\\])(?=[^@]*:[^@]*@))"
    # Up to the last "@": a password that nobody percent-encoded may hold "/", "?" and "@" itself.
    r"(.*)@",
    re.IGNORECASE | re.DOTALL,
)
_TOKEN_LENGTH = 20
_SHORT = 4


@dataclass(frozen=True, slots=True)
class TrackingUri:
    """
    The tracking URI that won.

    Attributes:
        uri: With its credentials; shown through `mask` only.
        origin: Where it was set, for the header.
    """

    uri: str = field(repr=False)
    origin: str


def choose_tracking_uri(
    *, option: str | None, in_file: str | None, file_name: str, ini: str | None, environ: Mapping[str, str]
) -> TrackingUri | None:
    """
    Return the tracking URI of the first place that has one, or None when there is none.

    An empty ini key or environment variable counts as not set, as it does for MLflow. An empty option or gate
    file key is a mistake, which whoever reads them reports; here it wins as any other text does.

    Args:
        option: Value of ``--mlflow-gate-tracking-uri``.
        in_file: ``tracking_uri`` of the gate file, its variables replaced.
        file_name: The gate file as a user knows it.
        ini: Value of the ini key ``mlflow_gate_tracking_uri``.
        environ: The environment variables.
    """
    places = (
        (option, "--mlflow-gate-tracking-uri"),
        (in_file, file_name),
        (_set(ini), "ini"),
        (_set(environ.get("MLFLOW_TRACKING_URI")), "MLFLOW_TRACKING_URI"),
    )
    return next((TrackingUri(uri.strip(), origin) for uri, origin in places if uri is not None), None)


def choose_registry_uri(*, in_file: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the gate file's registry URI, else that of the environment; None means the tracking URI."""
    uri = in_file if in_file is not None else _set(environ.get("MLFLOW_REGISTRY_URI"))
    return uri and uri.strip()


def _set(value: str | None) -> str | None:
    return value if value and value.strip() else None


def mask(uri: str) -> str:
    """
    Return *uri* on one line with ``***`` in place of its credentials, for messages; never raises.

    User and password (or a token alone) before ``@`` go, and so do values of query keys that sound secret.
    When in doubt more is hidden than needed.
    """
    hidden = _SECRET_PAIR.sub(rf"\1{MASK}", uri)
    return " ".join(_USERINFO.sub(rf"\1{MASK}@", hidden).split())


def secrets_in(uri: str) -> tuple[str, ...]:
    """Return what `mask` would hide in *uri*, piece by piece, for `Secrets`."""
    found = []
    for _, value in _SECRET_PAIR.findall(uri):
        found += [value, *_ODBC_SECRET.findall(unquote_plus(value))]
    if match := _USERINFO.match(uri):
        userinfo = match[2]
        user, _, password = userinfo.partition(":")
        found += [userinfo, password, basic_value(unquote(user), unquote(password))]
        # With a password the user's name may stand in a message ("denied for alice"), unless it is a token.
        if not password or len(user) >= _TOKEN_LENGTH:
            found.append(user)
    return tuple(dict.fromkeys(value for value in found if value))


def basic_value(username: str, password: str) -> str:
    """Return what HTTP Basic authentication sends for this user after the word ``Basic``."""
    return _based(f"{username}:{password}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """
    The secrets of one connection, to be removed from every text that somebody else wrote.

    Attributes:
        pattern: Matches each of them in each of its spellings, or None when there is no secret.
    """

    pattern: re.Pattern[str] | None = field(repr=False)

    @classmethod
    def of(cls, *values: str | None) -> Secrets:
        """Return the secrets *values*; None and empty texts are no secrets."""
        spellings = {spelling for value in values if value for spelling in _spellings(value)}
        ordered = sorted(spellings, key=len, reverse=True)
        return cls(re.compile("|".join(map(_as_pattern, ordered)), re.IGNORECASE) if ordered else None)

    def and_also(self, *values: str) -> Secrets:
        """Return these secrets and *values*."""
        more = Secrets.of(*values)
        patterns = [found.pattern for found in (more.pattern, self.pattern) if found]
        return Secrets(re.compile("|".join(patterns), re.IGNORECASE) if patterns else None)

    def remove(self, text: str) -> str:
        """Return *text* with ``***`` in place of each secret, however it is encoded there."""
        return self.pattern.sub(MASK, text) if self.pattern else text


def _spellings(value: str) -> set[str]:
    # A variable that was read from a file ends with a line break, which no server repeats.
    texts = {text.strip() for text in (value, unquote(value), unquote_plus(value))} | {value}
    encoded = {encode(text) for text in texts for encode in (quote, quote_plus, _quote_all, _based)}
    escaped = {escape(text)[1:-1] for text in texts for escape in (repr, json.dumps)}
    escaped |= {html.escape(text) for text in texts}
    return {text for text in texts | encoded | escaped if text.strip()}


def _quote_all(text: str) -> str:
    return quote(text, safe="")


def _based(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _as_pattern(secret: str) -> str:
    # A secret of three letters inside a word is that word: hiding it would only garble the text.
    return rf"(?<!\w){re.escape(secret)}(?!\w)" if len(secret) < _SHORT else re.escape(secret)
