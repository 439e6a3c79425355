"""Run a pipeline with KFP's local runner: ``FILE NAME ARGUMENTS FOLDER``, the arguments as a JSON object."""

from __future__ import annotations

import json
import runpy
import sys

from kfp import local

file, name, arguments, folder = sys.argv[1:]
# Each component's pip finds its packages here.
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=folder)
runpy.run_path(file)[name](**json.loads(arguments))
