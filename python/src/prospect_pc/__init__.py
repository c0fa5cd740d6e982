"""Predictive coding and prospective configuration, driven from Python.

>>> import prospect_pc
>>> run = prospect_pc.train((x, y), model="mlp", rule="pc", epochs=5)  # doctest: +SKIP
>>> run.metrics["test_error"], run.weights["h1/weight"]  # doctest: +SKIP
>>> run.predict(x_new)  # doctest: +SKIP

The work is done by the binary ``prospect``, which a wheel holds; everything that is returned is
made of dictionaries and NumPy arrays.
"""

from . import safetensors
from ._binary import binary
from ._commands import datasets, download, kinds, models, reproduce, sweep, version
from ._errors import Interrupted, ProspectError, UsageError
from ._flags import flags
from ._run import Run, train

__version__ = "0.1.0"

__all__ = [
    "Interrupted",
    "ProspectError",
    "Run",
    "UsageError",
    "binary",
    "datasets",
    "download",
    "flags",
    "kinds",
    "models",
    "reproduce",
    "safetensors",
    "sweep",
    "train",
    "version",
]
