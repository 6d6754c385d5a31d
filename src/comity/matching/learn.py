"""Evidence weights from labelled pairs: logistic regression over levels, with a pull towards zero. numpy only."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, dict[str, float]]
ROUNDS: Final = 40
ENOUGH: Final = 1e-8


def fit(
    pairs: Sequence[Mapping[str, str]],
    same: Sequence[bool],
    importance: Sequence[float] | None = None,
    *,
    pull: float = 1.0,
    towards: Weights | None = None,
) -> tuple[Weights, float]:
    """Levels of each pair and whether it is the same -> (evidence -> level -> weight in nats, the start).

    `pull` is the strength of the pull towards zero, or towards the weights given; with few pairs it decides.
    """
    columns: dict[tuple[str, str], int] = {}
    rows = [[columns.setdefault(item, len(columns)) for item in pair.items()] for pair in pairs]
    x = np.zeros((len(rows), len(columns) + 1))
    for place, row in enumerate(rows):
        x[place, row] = 1.0
    x[:, -1] = 1.0
    start = np.zeros(x.shape[1])
    if towards:
        for (evidence, named), column in columns.items():
            start[column] = towards.get(evidence, {}).get(named, 0.0)
        start[-1] = towards.get("start", {}).get("weight", 0.0)
    y = np.asarray(same, dtype=float)
    importances = np.ones(len(y)) if importance is None else np.asarray(importance, dtype=float)
    beta = _newton(x, y, importances, start, pull)
    weights: Weights = {}
    for (evidence, named), column in columns.items():
        weights.setdefault(evidence, {})[named] = float(beta[column])
    return weights, float(beta[-1])


def _newton(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    importance: NDArray[np.float64],
    start: NDArray[np.float64],
    pull: float,
) -> NDArray[np.float64]:
    beta = start.copy()
    ridge = np.full(x.shape[1], pull)
    ridge[-1] = min(pull, 0.01)
    for _ in range(ROUNDS):
        guess = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (importance * (y - guess)) - ridge * (beta - start)
        curve = (x * (importance * guess * (1 - guess))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        beta += np.clip(step, -3, 3)
        if float(np.abs(step).max()) < ENOUGH**0.5:
            break
    return beta
