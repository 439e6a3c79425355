"""Gate files in editors: Red Hat's YAML language server, which VS Code, Neovim and others use, on our schema."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.docs.examples import blocks_of
from tests.editors.language_server import Editor
from tests.node import install
from tests.servers import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = "yaml-language-server@1.25.0"
MODELINE = "# yaml-language-server: $schema=gate.schema.json"
WHOLE = [
    block.text
    for block in blocks_of((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    if block.kind == "yaml"
]
WRONG = f"""\
{MODELINE}
candidate:
  experiment: churn
  retries: 3
thresholds:
  accuracy: ">= 0.92"
  f1:
    minimum: 0.8
  recall:
    min: 0.8
    severity: fatal
promote:
  model: churn
"""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """Return an editor whose folder has the schema as ``python -m pytest_mlflow_gate schema`` prints it."""
    programs, folder = tmp_path_factory.mktemp("programs"), tmp_path_factory.mktemp("gates")
    installed = install(SERVER, programs)
    shutil.copy(CHECKOUT / "pytest_mlflow_gate" / "gate.schema.json", folder)
    command = [str(installed / name) for name in ("node", "yaml-language-server")]
    with Editor([*command, "--stdio"], folder, {"PATH": str(installed), "HOME": str(programs)}) as started:
        yield started


def opened(editor: Editor, name: str, text: str) -> list[tuple[int, str]]:
    """Write a file, open it, and return what the editor underlines."""
    (editor.folder / name).write_text(text, encoding="utf-8")
    return editor.open(name)


@pytest.mark.parametrize("number", range(len(WHOLE)))
def test_what_the_readme_shows_is_right(editor: Editor, number: int) -> None:
    """Nothing is underlined in the smallest gate and in the whole language."""
    assert opened(editor, f"right{number}.gate.yaml", f"{MODELINE}\n{WHOLE[number]}") == []


def test_wrong_keys_and_values_are_underlined(editor: Editor) -> None:
    """In their own lines, each with what is wrong."""
    assert sorted(opened(editor, "wrong.gate.yaml", WRONG)) == [
        (4, "Property retries is not allowed."),
        (7, 'Missing property "min".'),
        (8, "Property minimum is not allowed."),
        (11, 'Value is not accepted. Valid values: "fail", "warn".'),
        (12, 'Missing property "alias".'),
    ]


@pytest.mark.parametrize(
    ("line", "word", "said"),
    [
        (2, "candidate", "What is under test: exactly one of"),
        (3, "experiment", "A run of this experiment, chosen by select."),
        (5, "thresholds", "Metric name to condition: short"),
        (10, "min", "The metric has to be this much or more."),
        (11, "severity", "fail (default), or warn: shown, never blocks."),
        (12, "promote", "Where the candidate goes when every test passed"),
        (13, "model", "The registered model."),
    ],
)
def test_a_key_explains_itself(editor: Editor, line: int, word: str, said: str) -> None:
    """What one points at shows the schema's description, also in a file with mistakes."""
    opened(editor, "hover.gate.yaml", WRONG)
    assert said in editor.hover("hover.gate.yaml", line, word)
