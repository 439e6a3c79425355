"""From bytes to a tree: what is refused before any key is looked at."""

from __future__ import annotations

import time

import pytest

from tests.gatefile.loading import EITHER_PARSER, load_text, problems_of

GATE = "candidate: {run_id: abc}\nthresholds:\n  accuracy: '>= 0.9'\n"

BOMB = "thresholds:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "1: empty file, a gate needs at least candidate and thresholds", id="empty"),
        pytest.param(
            "# to do\n", "1: empty file, a gate needs at least candidate and thresholds", id="comment"
        ),
        pytest.param("---\n", "1: empty file, a gate needs at least candidate and thresholds", id="dashes"),
        pytest.param("~", "1: empty file, a gate needs at least candidate and thresholds", id="null"),
        pytest.param(
            "# a list\n- accuracy\n",
            "2: a gate is a mapping with candidate and thresholds, not a list; write its keys",
            id="list",
        ),
        pytest.param(
            "http://user:secret@host\n",
            "1: a gate is a mapping with candidate and thresholds, not text; write its keys",
            id="text",
        ),
        pytest.param(
            f"{GATE}---\n{GATE}",
            "4: a second document begins here, put each gate in a file of its own",
            id="two-documents",
        ),
        pytest.param(
            b"candidate:\n  run_id: caf\xe9\n",
            "2: not UTF-8 (byte 0xe9), save the file as UTF-8",
            id="latin-1",
        ),
        pytest.param(GATE.encode("utf-16"), "1: not UTF-8 (byte 0xff), save the file as UTF-8", id="utf-16"),
        pytest.param(
            "candidate:\n  run_id: a\x07\n",
            "2: not YAML: character U+0007 is not allowed, remove it",
            id="control-character",
        ),
        pytest.param(
            "candidate: {}\nthresholds: *base\n",
            "2: alias '*base' has no anchor '&base' above it, add one",
            id="undefined-alias",
        ),
        pytest.param(
            "candidate: {}\nthresholds: &all\n  a: *all\n",
            "3: alias '*all' is inside of its own anchor, write the value out",
            id="recursive-alias",
        ),
        pytest.param(
            BOMB,
            "7: the aliases stand for more than 100000 values, write fewer or none of them",
            id="billion-laughs",
        ),
        pytest.param(
            f"a: &a {'x' * 200_000}\nb: [{', '.join(['*a'] * 100)}]\n",
            "2: the aliases stand for more than 100000 values, write fewer or none of them",
            id="long-text-many-times",
        ),
        pytest.param(
            "a:\n  " + "[" * 300_000,
            "2: nested deeper than 64 levels, a gate needs fewer than ten",
            id="deep-flow",
        ),
        pytest.param(
            "".join(f"{' ' * level}a:\n" for level in range(100)),
            "65: nested deeper than 64 levels, a gate needs fewer than ten",
            id="deep-block",
        ),
        pytest.param(
            "a: &a0 {x: 1}\n" + "".join(f"b{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 80)),
            "64: nested deeper than 64 levels, a gate needs fewer than ten",
            id="deep-merge-chain",
        ),
        pytest.param(
            'a: "\\ud800"\n',
            "1: not YAML: an escape such as \\ud800 stands for no character, remove it",
            id="half-a-surrogate-pair",
        ),
    ],
)
@EITHER_PARSER
def test_a_text_that_is_no_gate_gets_one_problem(text: str | bytes, problem: str, parser: str) -> None:
    """A text that no key can be read from is refused with its line, at once and by both parsers alike."""
    began = time.perf_counter()
    assert problems_of(text, parser=parser) == [problem]
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        pytest.param("!!python/object/apply:os.system [ls]", "!!python/object/apply:os.system", id="python"),
        pytest.param("!env RUN_ID", "!env", id="custom"),
        pytest.param("!!binary YWJj", "!!binary", id="binary"),
        pytest.param("!!python/object/new:os.system [ls]", "!!python/object/new:os.system", id="new"),
        pytest.param("!!python/name:os.system", "!!python/name:os.system", id="python-name"),
        pytest.param("!!python/module:antigravity", "!!python/module:antigravity", id="python-module"),
        pytest.param("!!python/tuple [1]", "!!python/tuple", id="python-tuple"),
        pytest.param(
            "!<tag:yaml.org,2002:python/object/apply:os.system> [ls]",
            "!!python/object/apply:os.system",
            id="tag-in-full",
        ),
        pytest.param("{!!python/name:os.system k: v}", "!!python/name:os.system", id="tag-of-a-key"),
    ],
)
@EITHER_PARSER
def test_a_tag_that_could_build_something_is_refused(value: str, tag: str, parser: str) -> None:
    """Only YAML's own kinds of values exist here, and the rest of the file is still looked at."""
    problems = problems_of(f"{GATE}description: {value}\nthreshold: 1\n", parser=parser)
    assert f"4: tag '{tag}' is not allowed, remove it" in problems
    assert "5: unknown key 'threshold', did you mean 'thresholds'?" in problems


@EITHER_PARSER
def test_a_tag_by_another_name_is_refused(parser: str) -> None:
    """A handle that the file declares for YAML's own tags hides nothing."""
    handle = "%TAG !p! tag:yaml.org,2002:python/object/apply:\n---\n"
    assert problems_of(f"{handle}{GATE}description: !p!os.system ls\n", parser=parser) == [
        "6: tag '!!python/object/apply:os.system' is not allowed, remove it"
    ]


@EITHER_PARSER
def test_plain_tags_change_nothing(parser: str) -> None:
    """A text stays the text that was written, whatever YAML 1.1 would have made of it."""
    gate = load_text(f"{GATE}name: !!str 010\ndescription: !!float 1e3\n", parser=parser)
    assert (gate.name, gate.description) == ("010", "1e3")


@EITHER_PARSER
def test_a_byte_order_mark_is_no_problem(parser: str) -> None:
    """Editors on Windows put one in front; it is not part of the first key."""
    assert load_text(b"\xef\xbb\xbf" + GATE.encode(), parser=parser).name == "eval_gate"


@EITHER_PARSER
def test_an_anchor_can_be_given_again(parser: str) -> None:
    """As YAML 1.2 has it, an alias stands for the nearest anchor above it."""
    text = "candidate: {run_id: &x abc}\nthresholds: {a: &x '>= 1', b: *x}\n"
    assert [check.name for check in load_text(text, parser=parser).checks] == ["a[min]", "b[min]"]
