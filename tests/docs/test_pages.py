"""The pages of the documentation show what happens."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.examples import blocks_of, differs, environment, printed
from tests.servers import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.conftest import PythonBlocks

PAGES = sorted((CHECKOUT / "docs").glob("*.md"))
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@EVERY_PAGE
def test_page_shows_what_happens(
    page: Path, python_blocks: PythonBlocks, mlflow_server: str, tmp_path: Path
) -> None:
    """The examples of a page run in its order, and print what it says line by line."""
    if page.stem == "rules" and sys.version_info < (3, 11):
        pytest.skip("CEL's library needs Python 3.11")
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            python_blocks.run(page.name, tmp_path, block)
        for command, said in block.commands:
            wrong = differs(said, printed(command, tmp_path, environment(mlflow_server)))
            assert wrong is None, f"docs/{page.name}:{block.line}: $ {command}\n{wrong}"


@EVERY_PAGE
def test_page_has_an_example(page: Path) -> None:
    """Nobody has to take a page's word: it logs runs, has a gate, and shows one that passes and one that does not."""
    blocks = blocks_of(page.read_text(encoding="utf-8"))
    shown = "".join(block.text for block in blocks if block.kind == "console")

    assert {block.kind for block in blocks} == {"python", "yaml", "console"}
    assert all(block.file for block in blocks if block.kind == "yaml")
    assert all(block.text.startswith("$ ") for block in blocks if block.kind == "console")
    assert re.search(r"FAILED|NOT PROMOTED| failed, ", shown)
    assert re.search(r" passed[, ]", shown)


@pytest.mark.parametrize("page", [CHECKOUT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to another file of the project names one that exists."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_readme_links_every_page() -> None:
    """Whoever reads about the gate file finds the page of each family."""
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")

    assert [page.name for page in PAGES if f"](docs/{page.name})" not in readme] == []


@pytest.mark.parametrize(
    ("said", "actual", "wrong"),
    [
        pytest.param(["a", "b"], ["a", "b"], None, id="the-same"),
        pytest.param(["a", "b"], ["a", "c"], "b", id="another-line"),
        pytest.param(["a"], ["a", "b"], "nothing more", id="more-lines"),
        pytest.param(["a", "b"], ["a"], "b", id="fewer-lines"),
        pytest.param(["...", "b", "..."], ["a", "b", "c", "d"], None, id="lines-left-out"),
        pytest.param(["...", "e"], ["a", "b"], "e", id="line-missing-behind-those-left-out"),
        pytest.param(["run ... of x"], ["run 1f2e of x"], None, id="words-left-out"),
        pytest.param(["run 0123abcd... of x"], ["run 4567cdef89 of x"], None, id="an-id"),
        pytest.param(["x, ended 4 s ago"], ["x, ended 1 min ago"], None, id="an-age"),
        pytest.param(
            ["== 1 passed in 0.34s =="],
            ["=== 1 passed in 12.00s ="],
            "== 1 passed in 0.34s ==",
            id="short-rulers-are-text",
        ),
        pytest.param(
            ["==== 1 passed in 0.34s ===="],
            ["====== 1 passed in 12.00s ====="],
            None,
            id="a-duration-between-rulers",
        ),
        pytest.param(["value (0.9)"], ["value (0X9)"], "value (0.9)", id="no-patterns"),
    ],
)
def test_comparing_forgives_only_what_varies(said: list[str], actual: list[str], wrong: str | None) -> None:
    """A page may leave out what is another one each time, and nothing else."""
    found = differs(said, actual)

    expected = "\n".join([f"the page says: {wrong}", "and this was printed:", *actual])
    assert found == (None if wrong is None else expected)
