"""A gate of 1,000 change checks over 200 metrics in 20 cohorts, and 5 rules."""

from __future__ import annotations

KEYS = tuple(f"quality-{number}" for number in range(10))
COHORTS = tuple(f"region-{number:02d}" for number in range(20))
METRICS = {f"{key}/{cohort}": 0.9 for key in KEYS for cohort in COHORTS}
CHECKS = 1000
RULES = 5
SINGLE = f'thresholds: {{"{KEYS[0]}/{COHORTS[0]}": ">= 0.9"}}\n'
"""What to compare it with: one threshold."""


def sections(model: str) -> str:
    """Return baseline, thresholds and rules of a gate file; they hold for a champion with the same values."""
    cohorts = f"cohorts: [{', '.join(COHORTS)}]"
    lines = [f"baseline: {{model: {model}, alias: champion}}", "thresholds:"]
    for key in KEYS:
        lines += [
            f'  "{key}/{{cohort}}":',
            f"    - {{{cohorts}, max_drop: 0.01, max_rise: 2%, min_rise: 0, min_drop: 0%}}",
            f"    - {{{cohorts}, max_drop: 0.001, severity: warn}}",
        ]
    lines.append("rules:")
    for key in KEYS[:RULES]:
        metric = f'["{key}/{COHORTS[0]}"]'
        lines.append(f"  {key}-holds: 'metrics{metric} >= baseline{metric}'")
    return "\n".join([*lines, ""])
