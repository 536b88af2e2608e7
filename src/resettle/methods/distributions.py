"""The few quantiles and tails the methods need, straight from the special functions they rest on.

``scipy.stats`` gives the same numbers, and takes longer to load than most commands to run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import chdtrc, ndtri, stdtrit


def t_quantile(share: float, freedom: float) -> float:
    """The quantile of Student's distribution.

    >>> round(t_quantile(0.975, 10), 4)
    2.2281
    """
    return float(stdtrit(freedom, share))


def normal_quantile(share: float) -> float:
    """The quantile of the standard normal distribution.

    >>> round(normal_quantile(0.975), 4)
    1.96
    """
    return float(ndtri(share))


def chi2_tail(value: float, freedom: float) -> float:
    """The chance that a chi-squared variable exceeds a value; 1 below zero.

    >>> round(chi2_tail(3.841459, 1), 4)
    0.05
    """
    return float(chdtrc(freedom, max(value, 0.0)))


def normal_density(value: Any, middle: Any = 0.0, spread: Any = 1.0) -> Any:
    """The density of a normal distribution; works on arrays.

    >>> round(float(normal_density(0.0)), 4)
    0.3989
    """
    z = (np.asarray(value) - middle) / spread
    return np.exp(-(z**2) / 2.0) / np.sqrt(2 * np.pi) / spread
