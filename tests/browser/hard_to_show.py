"""Gates whose names and numbers are hard to show, or too many."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.seeding import Steps

LONG = "x" * 200
UNICODE = "précision-精度-Ω"
HOSTILE = (
    "<b>bold</b>",
    "</script><script>document.title='taken'</script>",
    "\"><img src=x onerror=document.title='taken'>",
    "'single' \"double\" & {{ braces }}",
)
"""Names that a gate file may hold; MLflow takes them for no metric's name, so they were never logged."""

ODD: Mapping[str, Steps] = {
    "accuracy": 0.9312,
    "latency_ms": 150.0,
    "zero": 0.0,
    "negative": -3.5,
    "one-digit-off": 0.9199999999999999,
    "huge": 1e300,
    "far": 0.9,
    "nan": math.nan,
    "inf": math.inf,
    "around": 0.56,
    "hit_rate": 0.9,
    "n_test": 400.0,
    "conversions": 110.0,
    LONG: 0.5,
    UNICODE: 0.5,
}
ODD_GATE = f"""\
name: odd
description: <i>in italics</i>
tracking_uri: {{uri}}
wait: 1s
candidate: {{{{experiment: {{experiment}}}}}}
baseline: {{{{model: {{model}}, alias: champion}}}}
thresholds:
  accuracy: {{{{above: 0.5, below: 0.95, max_drop: 0.01, min_rise: 0.5%}}}}
  latency_ms:
    - {{{{max_rise: 10%, max: 200}}}}
    - {{{{max: 120, severity: warn}}}}
  zero: ">= 0"
  negative: "> -2"
  one-digit-off: ">= 0.92"
  huge: ">= 1e-300"
  far: "<= 1000000"
  nan: ">= 0.5"
  inf: "<= 0.5"
  around: {{{{equals: 0.5, tolerance: 0.05}}}}
  hit_rate: {{{{min: 0.88, confidence: 95%, samples: n_test}}}}
  {LONG}: {{{{min: 0.6, reason: "</td></script><script>document.title='taken'</script>"}}}}
  {UNICODE}: ">= 0.4"
""" + "".join(f"  {json.dumps(name).replace('{', '{{').replace('}', '}}')}: '>= 0.5'\n" for name in HOSTILE)

MANY = 1000
MANY_GATE = """\
name: many
tracking_uri: {uri}
wait: 1s
candidate: {{experiment: {experiment}}}
thresholds:
""" + "".join(
    f"  m{number}:\n"
    "    - {{min: 0.1, max: 0.9, equals: 0.5, tolerance: 0.1}}\n"
    "    - {{min: 0.6, severity: warn}}\n"
    "    - {{above: 0.55, severity: warn}}\n"
    for number in range(MANY)
)
