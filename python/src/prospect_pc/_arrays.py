"""Arrays as data of a run, and in the numbers that its network sees."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

import numpy as np

_parts = ("x_train", "y_train", "x_test", "y_test")


def named(data: Any) -> Optional[Dict[str, np.ndarray]]:
    """Return data as arrays by the names of the reader; None if they are a name or a path."""
    if isinstance(data, (str, os.PathLike)) or data is None:
        return None
    if isinstance(data, Mapping):
        usual = {"x": "x_train", "y": "y_train"}
        arrays = {usual.get(name, str(name)): np.asarray(values) for name, values in data.items()}
        if set(arrays) - set(_parts) or "x_train" not in arrays or len(arrays) != len(data):
            raise ValueError(f"data, got arrays {', '.join(map(str, data))}, want x or x_train, and {', '.join(_parts[1:])} as there are")
        return arrays
    if isinstance(data, np.ndarray):
        return {"x_train": data}
    if isinstance(data, (tuple, list)) and len(data) in (2, 4):
        return {name: np.asarray(values) for name, values in zip(_parts, data)}
    raise TypeError("data, want a name, a path, an array x, (x, y), (x, y, x_test, y_test) or a dictionary of them")


def training(path: str) -> Dict[str, np.ndarray]:
    """Return x, and y if there is one, of the training part of a file of NumPy."""
    with np.load(path) as file:
        out = {}
        for name in ("x", "y"):
            for key in (name + "_train", name):
                if key in file:
                    out[name] = file[key]
                    break
    if "x" not in out:
        raise ValueError(f"{path}: arrays, got none named x_train or x")
    return out


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as a file of NumPy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    os.replace(temporary, path)


def beside(out: str, arrays: Mapping[str, np.ndarray], resume: bool) -> str:
    """Write the data of a run beside its directory and return their path.

    The run needs them later, to resume and to evaluate.
    """
    path = Path(os.path.abspath(out) + ".npz")
    if path.exists() and not resume:
        raise FileExistsError(f"{path}: exists already, and the data of the run would be written there; choose another out")
    if resume and path.exists():
        with np.load(path) as stored:
            same = set(stored) == set(arrays) and all(np.array_equal(stored[name], arrays[name]) for name in arrays)
        if not same:
            raise ValueError(f"{path}: holds other data than were given; leave data out to go on with them, or choose another out")
        return str(path)
    save(path, arrays)
    return str(path)


def directory(name: str) -> str:
    """Make a directory for a run that was given none, in the folder runs."""
    base = os.path.join("runs", time.strftime("%Y%m%d-%H%M%S") + "-" + name)
    os.makedirs("runs", exist_ok=True)
    for i in range(1, 1000):
        out = base if i == 1 else f"{base}-{i}"
        if os.path.exists(out + ".npz"):
            continue
        try:
            os.mkdir(out)
        except FileExistsError:
            continue
        return out
    raise FileExistsError(f"{base}: exists a thousand times; pass out")
