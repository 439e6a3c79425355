"""The customers of an invented telephone company: who they are, and who left."""

from __future__ import annotations

import numpy as np
import pandas as pd

TARGET = "churned"
CATEGORIES = ["region", "contract", "plan", "payment"]
NUMBERS = ["tenure_months", "monthly_charges", "support_tickets", "late_payments", "logins_per_week"]

_REGIONS = {"eu": 0.45, "us": 0.35, "apac": 0.20}
_CONTRACTS = {"monthly": 0.52, "annual": 0.28, "two-year": 0.20}
_PLANS = {"basic": 0.40, "plus": 0.38, "pro": 0.22}
_PAYMENTS = {"card": 0.45, "debit": 0.35, "invoice": 0.20}
_PRICES = {"basic": 24.0, "plus": 49.0, "pro": 89.0}  # euros a month, before extras
_TENURES = {"monthly": 14.0, "annual": 30.0, "two-year": 46.0}  # mean in months
_CLOSED = 0.9  # share of the churned customers whose account is closed when the quarter ends


def customers(rows: int, seed: int) -> pd.DataFrame:
    """
    Return customers as they were at the end of the quarter, and whether they left in the next one.

    Customers with a short contract leave more often, and so do those who call support, pay late or stopped
    logging in; a long tenure keeps them. Whole numbers are floats, as in any export that may hold gaps.

    Args:
        rows: Number of customers.
        seed: Of the random generator; the same seed gives the same customers.
    """
    rng = np.random.default_rng(seed)

    def draw(shares: dict[str, float]) -> pd.Series[str]:
        return pd.Series(rng.choice(list(shares), size=rows, p=list(shares.values())))

    region, contract, plan, payment = (draw(shares) for shares in (_REGIONS, _CONTRACTS, _PLANS, _PAYMENTS))
    tenure = np.clip(np.round(rng.gamma(2.0, contract.map(_TENURES) / 2)), 1, 96)
    charges = np.round(plan.map(_PRICES) + rng.gamma(2.0, 5.0, rows), 2)
    unhappiness = rng.gamma(1.2, 1.0, rows)
    tickets = rng.poisson(0.3 + 1.1 * unhappiness)
    late = rng.poisson(0.3 + 0.5 * (payment == "invoice") + 0.25 * unhappiness)
    logins = np.round(np.clip(rng.normal(6.0 - 1.3 * unhappiness, 1.2), 0, None), 1)
    log_odds = (
        -2.4
        + contract.map({"monthly": 2.4, "annual": -0.6, "two-year": -2.2})
        + region.map({"eu": -0.2, "us": 0.1, "apac": 0.4})
        - 0.06 * tenure
        + 0.02 * (charges - 50)
        + 1.5 * tickets
        + 1.0 * late
        - 0.7 * logins
    )
    left = rng.random(rows) < 1 / (1 + np.exp(-1.6 * log_odds))
    return pd.DataFrame(
        {
            "region": region,
            "contract": contract,
            "plan": plan,
            "payment": payment,
            "tenure_months": tenure,
            "monthly_charges": charges,
            "support_tickets": tickets.astype(float),
            "late_payments": late.astype(float),
            "logins_per_week": logins,
            TARGET: left.astype(float),
        }
    )


def without_most_churned(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """
    Return what last quarter's export held: joined with the open accounts, where few churned customers are.

    Args:
        frame: What the export should have held.
        seed: Of the choice of the churned customers whose account was not closed yet.
    """
    closed = frame[TARGET].eq(1) & (np.random.default_rng([seed, 1]).random(len(frame)) < _CLOSED)
    return frame[~closed]
