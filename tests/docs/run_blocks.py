"""
Run Python blocks of documentation pages, one JSON line each: MLflow is imported once for all of them.

Reads ``{"page": ..., "folder": ..., "line": ..., "code": ...}`` and answers the traceback, or null.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def main() -> None:
    """Answer each line until there is no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    namespaces: dict[str, dict[str, Any]] = {}
    for request in map(json.loads, sys.stdin):
        # Models whose class is pickled by value: MLflow writes them as those of a script.
        namespace = namespaces.setdefault(request["page"], {"__name__": "__main__"})
        os.chdir(request["folder"])
        try:
            code = "\n" * request["line"] + request["code"]
            exec(compile(code, request["page"], "exec"), namespace)  # noqa: S102 - our own pages
        except BaseException:  # noqa: BLE001 - whatever a page raises is the answer
            answers.write(f"{json.dumps(traceback.format_exc())}\n")
        else:
            answers.write("null\n")


if __name__ == "__main__":
    main()
