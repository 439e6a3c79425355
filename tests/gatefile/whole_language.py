"""A gate file with every key that there is, for tests of the whole file."""

from __future__ import annotations

WHOLE = """\
name: churn
description: why this gate exists
tracking_uri: ${MLFLOW_TRACKING_URI}
registry_uri: http://registry:5000
report: artifact
wait: 2m
candidate: &all
  experiment: customer-churn
  select: best
  by: accuracy
  order: max
  filter: "tags.phase = 'eval'"
  replicates: {filter: "tags.seed != ''"}
  require:
    max_age: 24h
    tags: {mlflow.source.git.commit: "${SHA:-c0ffee}"}
    params: {data_rev: v3}
    dataset: {name: holdout, digest: 9f2c}
    artifact: model
    signature: true
baseline:
  model: churn-classifier
  alias: champion
  missing: bootstrap
thresholds:
  accuracy: &limit ">= 0.92"
  f1: {min: 0.88, max: 1.0, above: 0.5, below: 1.5, equals: 1.0, tolerance: 0.5, reason: contract}
  auc: {max_drop: 0.01, max_rise: 2%, min_rise: 0.5%, min_drop: 3, over: mean, severity: warn}
  precision:
    - {min: 0.9, dataset: holdout, confidence: 95%, samples: n_test}
    - {min: 0.8, dataset: recent}
  loss: {max: 0.3, confidence: 0.9}
  latency_ms:
    - {max: 120}
    - {max: '${MAX:-100}', severity: warn}
  "recall/{cohort}":
    cohorts: [eu, us, apac]
    min: 0.80
    max_spread: 0.05
  "gain/{cohort}": {cohorts: "*", above: 0}
  conversions:
    trials: impressions
    min_probability_best: 95%
    max_value_remaining: 1%
    arms: [challenger-b]
  recall: *limit
rules:
  no-overfit: metrics.train_accuracy - metrics.accuracy < 0.05
  cheaper-or-better:
    expr: |
      metrics.cost < baseline.cost
      || metrics.f1 > baseline.f1
    severity: warn
    reason: costs
promote:
  model: churn-classifier
  alias: champion
  stage: Production
  copy_to: prod.churn-classifier
  previous_alias: previous-champion
  artifact: model
  tags: {validated_by: ci}
  approval: first
"""

CHECKS = [
    "candidate[run]",
    "candidate[max_age]",
    "candidate[tags]",
    "candidate[params]",
    "candidate[dataset]",
    "candidate[artifact]",
    "candidate[signature]",
    "accuracy[min]",
    "f1[min]",
    "f1[max]",
    "f1[above]",
    "f1[below]",
    "f1[equals]",
    "auc[max_drop:warn]",
    "auc[max_rise:warn]",
    "auc[min_rise:warn]",
    "auc[min_drop:warn]",
    "precision@holdout[min]",
    "precision@recent[min]",
    "loss[max]",
    "latency_ms[max]",
    "latency_ms[max:warn]",
    "recall/eu[min]",
    "recall/us[min]",
    "recall/apac[min]",
    "recall/{cohort}[max_spread]",
    "gain/{cohort}[above]",
    "conversions[min_probability_best]",
    "conversions[max_value_remaining]",
    "recall[min]",
    "rules[no-overfit]",
    "rules[cheaper-or-better:warn]",
]
"""Their names, in the order in which they are judged."""
