"""Writes scipy.json, the values that the tests of package stats compare with.

    pip install numpy scipy
    python values.py > scipy.json

SciPy has no Holm correction and no Cohen's d: those are computed here from their
definitions.
"""
import json
import math

import numpy as np
from scipy import stats

rng = np.random.default_rng(1)


def rounded(n, shift=0.0, scale=1.0, digits=None):
    x = rng.normal(shift, scale, n)
    return (x if digits is None else np.round(x, digits)).tolist()


SAMPLES = {
    "three seeds": ([0.181, 0.186, 0.179], [0.190, 0.197, 0.183]),
    "six": (rounded(6), rounded(6, 1)),
    "ten, far apart": (rounded(10), rounded(10, 3)),
    "ten with ties": (rounded(10, 0, 1, 0), rounded(10, 1, 1, 0)),
    "fifty": (rounded(50), rounded(50, 0.3)),
    "sixty": (rounded(60), rounded(60, 0.4)),
    "uneven": (rounded(7, 0, 3), rounded(12, 1)),
    "uneven with ties": (rounded(15, 0, 1, 1), rounded(9, 1, 2, 1)),
    "eighty and four": (rounded(80), rounded(4, 1)),
    "large numbers": (rounded(8, -190, 5), rounded(8, -185, 5)),
}


def interval(low_high):
    return [float(v) for v in low_high]


def case(name, a, b):
    a, b = np.array(a), np.array(b)
    out = {"name": name, "a": a.tolist(), "b": b.tolist()}
    n = len(a)
    out["summary"] = {"n": n, "mean": float(a.mean()), "std": float(a.std(ddof=1)), "sem": float(stats.sem(a)), "median": float(np.median(a))}
    out["student"] = {str(level): interval(stats.t.interval(level, n - 1, a.mean(), stats.sem(a))) for level in (0.68, 0.95, 0.999)}
    out["quantiles"] = {str(q): float(np.quantile(a, q)) for q in (0, 0.16, 0.5, 0.9, 1)}
    t = stats.ttest_ind(a, b, equal_var=False)
    out["welch"] = {"t": float(t.statistic), "df": float(t.df), "p": float(t.pvalue), "interval95": interval(t.confidence_interval(0.95))}
    tied = len(set(a.tolist() + b.tolist())) < len(a) + len(b)
    exact = not tied and max(len(a), len(b)) <= 50
    u = stats.mannwhitneyu(a, b, method="exact" if exact else "asymptotic")
    out["mannwhitney"] = {"statistic": float(u.statistic), "p": float(u.pvalue), "exact": exact}
    pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2)
    out["d"] = float((a.mean() - b.mean()) / math.sqrt(pooled))
    if len(a) == len(b):
        out.update(pairs(a, b))
    return out


def pairs(a, b):
    out = {}
    d = a - b
    t = stats.ttest_rel(a, b)
    out["paired"] = {"t": float(t.statistic), "df": float(t.df), "p": float(t.pvalue), "interval95": interval(t.confidence_interval(0.95))}
    out["pairedD"] = float(d.mean() / d.std(ddof=1))
    sizes = np.abs(d[d != 0])
    exact = len(d) <= 50 and len(sizes) == len(d) and len(set(sizes.tolist())) == len(sizes)
    w = stats.wilcoxon(a, b, method="exact" if exact else "approx", correction=False)
    out["wilcoxon"] = {"statistic": float(w.statistic), "p": float(w.pvalue), "exact": exact}
    if len(d) <= 12:
        p = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf)
        out["permutation"] = {"statistic": float(p.statistic), "p": float(p.pvalue)}
    return out


def holm(p):
    """By the definition: reject while p_(k) <= alpha/(m-k+1); the adjusted value is the least alpha that rejects."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    out, running = [0.0] * len(p), 0.0
    for k, i in enumerate(order):
        running = max(running, min(1.0, (len(p) - k) * p[i]))
        out[i] = running
    return out


HOLM = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.5], [0.2], [0.001, 0.9, 0.02, 0.02, 0.3]]

print(json.dumps({"cases": [case(name, *ab) for name, ab in SAMPLES.items()], "holm": [{"p": p, "adjusted": holm(p)} for p in HOLM]}, indent=1))
