"""The parser's complaints in one voice, with a remedy."""

from __future__ import annotations

import pytest

from tests.gatefile.loading import EITHER_PARSER, problems_of


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "thresholds:\n  accuracy: >= 0.92\n",
            "2: not YAML: expected chomping or indentation indicators, but found '=' (while scanning a block "
            "scalar), put quotes around a text that begins with > or |",
            id="comparison-without-quotes",
        ),
        pytest.param(
            "thresholds:\n  accuracy: > 0.92\n",
            "2: not YAML: expected a comment or a line break, but found '0' (while scanning a block scalar), "
            "put quotes around a text that begins with > or |",
            id="greater-without-quotes",
        ),
        pytest.param(
            "candidate:\n  tags: {commit: ${SHA}}\n",
            "2: not YAML: expected ',' or '}', but got '{' (while parsing a flow mapping), put quotes around "
            "${NAME} inside of { } and [ ]",
            id="variable-in-flow-mapping",
        ),
        pytest.param(
            "candidate:\n\trun_id: a\n",
            "2: not YAML: found character '\\t' that cannot start any token (while scanning for the next token), "
            "indent with spaces",
            id="tab",
        ),
        pytest.param(
            "name: @churn\n",
            "1: not YAML: found character '@' that cannot start any token (while scanning for the next token), "
            "put quotes around the text",
            id="at-sign",
        ),
        pytest.param(
            "description: why: because\n",
            "1: not YAML: mapping values are not allowed here, check the indentation, or put quotes around a "
            "text that holds ': '",
            id="colon-in-text",
        ),
        pytest.param(
            "name: [a, b\n",
            "1: not YAML: expected ',' or ']', but got '<stream end>' (while parsing a flow sequence), check "
            "indentation, quotes and brackets",
            id="open-bracket-at-the-end",
        ),
        pytest.param(
            'a: 1\nb: "\\U00110000"\n',
            "2: not YAML: an escape such as \\ud800 stands for no character, remove it",
            id="escape-beyond-unicode",
        ),
    ],
)
@EITHER_PARSER
def test_bad_syntax_is_told_on_one_line(text: str, problem: str, parser: str) -> None:
    """Both parsers give the same line and words, and the words say what to do."""
    assert problems_of(text, parser=parser) == [problem]
