"""Which files of a folder are gates."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlflow_gate.gatefile.discovery import gate_files
from pytest_mlflow_gate.gatefile.problems import GateFileError


def test_a_folder_means_its_gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file that ends like a gate, at any depth, sorted, under the path as it was given."""
    monkeypatch.chdir(tmp_path)
    for name in ("g/b/eval_gate.yml", "g/a.gate.yaml", "g/.ci/gate.yaml", "g/gate.json", "g/gate.yaml.bak"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    found = gate_files(Path("g"))
    assert found == (Path("g/.ci/gate.yaml"), Path("g/a.gate.yaml"), Path("g/b/eval_gate.yml"))


def test_a_file_means_itself(tmp_path: Path) -> None:
    """A file that is named may be called anything, and whether it exists is for the loader to say."""
    assert gate_files(tmp_path / "anything.txt") == (tmp_path / "anything.txt",)


def test_a_folder_without_gates_is_a_mistake(tmp_path: Path) -> None:
    """A misspelt folder must not pass as one whose gates are all fine."""
    with pytest.raises(GateFileError) as raised:
        gate_files(tmp_path)
    assert str(raised.value) == f"{tmp_path}:1: no *gate.yaml or *gate.yml in this folder, check the path"


def test_a_folder_that_cannot_be_read_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that is there and cannot be seen must not be left out in silence."""

    def deny(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", deny)
    with pytest.raises(GateFileError) as raised:
        gate_files(tmp_path)
    text = f"cannot be read (Permission denied: {tmp_path}), check its permissions"
    assert str(raised.value) == f"{tmp_path}:1: {text}"
