"""
Call the body of the gate component: ``FILE CASES``, the cases as a JSON list.

The last line of the output is a JSON list with what each case returned, or the text of the error it raised.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

file, cases = sys.argv[1:]
gate = runpy.run_path(file)["gate"].python_func
answers = []
for case in json.loads(cases):
    folder = Path(tempfile.mkdtemp())
    outputs = {name: SimpleNamespace(path=str(folder / name)) for name in ("decision", "page")}
    with patch.dict(os.environ, case["environment"]):
        try:
            answers.append(gate(**case["arguments"], **outputs))
        except RuntimeError as error:
            answers.append(str(error))
# A session that was killed has left its line open.
sys.stdout.write(f"\n{json.dumps(answers)}\n")
