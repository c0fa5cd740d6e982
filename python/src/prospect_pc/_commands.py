"""The other commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np

from . import _arrays
from ._binary import Event, Observer, events, text
from ._flags import arguments


def sweep(data: Any = None, *, out: Any = None, on_event: Optional[Observer] = None, **settings: Any) -> Dict[str, Any]:
    """Train over several values of settings and seeds, and compare rules with statistics.

    Lists are tried with all others: ``sweep("d.npz", rule=["pc", "bp"], lr=[0.01, 0.03],
    seed=range(1, 6))``. With ``search="halton"`` and ``trials=30`` a range such as
    ``lr="1e-4..1e-1:log"`` is drawn from. ``data`` and ``out`` are those of :func:`train`; with
    ``resume=True`` a sweep that was stopped goes on.

    Returns ``configurations``, a list of dictionaries with ``params``, ``rule``, ``best``, and
    arrays ``validation`` and ``test`` over the seeds, NaN where one diverged; ``comparisons`` of
    the best of each rule, paired by seed; ``remarks``; ``classes``, whether scores are fractions
    of wrong labels; ``out``, with tables, figures and a page. ``on_event`` is called after each
    trial.
    """
    arrays = _arrays.named(data)
    arguments("sweep", settings, "sweep")
    if out is None:
        out = _arrays.directory(("arrays" if arrays else Path(str(data or "glyphs")).name) + "-sweep")
    out = os.fspath(out)
    if arrays is not None:
        data = _arrays.beside(out, arrays, bool(settings.get("resume")))
    found = events(["sweep", "--json", *arguments("sweep", {"data": data, "out": out, **settings}, "sweep")], on_event)
    result = {name: value for name, value in found[-1].items() if name != "event"}
    for c in result["configurations"]:
        c.setdefault("best", False)
        for part in ("validation", "test"):
            c[part] = np.array([np.nan if x is None else x for x in c[part]])
    return result


def reproduce(*panels: str, on_event: Optional[Observer] = None, **settings: Any) -> List[Event]:
    """Reproduce panels of the paper; return a dictionary for each, with its claims.

    >>> reproduce("fig3a")[0]["agrees"]  # doctest: +SKIP
    True
    """
    return events(["reproduce", *panels, "--json", *arguments("reproduce", settings)], on_event)


def kinds(of: Optional[str] = None) -> Dict[str, Dict[str, Event]]:
    """Return everything that settings can name: by what it is, by its name.

    >>> kinds("solver")["solver"]["momentum"]["help"]
    'gradient descent with momentum'
    """
    listed = events(["kinds", "--json", *([of] if of else [])])
    if listed and "kinds" not in listed[0]:  # the settings of a name
        return {info["of"]: {info["name"]: info} for info in listed}
    return {entry["of"]: {info["name"]: info for info in entry["kinds"]} for entry in listed}


def models() -> Dict[str, str]:
    """Return the names that ``model`` takes, each with a line of help."""
    return {m["name"]: m.get("help", "") for m in events(["model", "list", "--json"])}


def datasets(data_dir: Any = None) -> Dict[str, Event]:
    """Return the datasets by name: shape, classes, sizes, and whether they were found."""
    return {d["name"]: d for d in events(["data", "list", "--json", *arguments("data list", {"data_dir": data_dir})])}


def download(name: str, data_dir: Any = None) -> List[str]:
    """Download a dataset and return its files; goes on where it stopped."""
    return text(["data", "get", name, *arguments("data get", {"data_dir": data_dir})]).splitlines()


def version() -> Dict[str, str]:
    """Return the versions of the binary and of what it is built from."""
    return events(["version", "--json"])[0]
