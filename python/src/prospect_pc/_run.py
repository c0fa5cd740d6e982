"""A run: a trained network in a directory."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

import numpy as np

from . import _arrays, safetensors
from ._binary import Event, Observer, events, text
from ._flags import arguments, words

Names = Union[str, Sequence[str]]


def train(data: Any = None, model: Optional[str] = None, *, out: Any = None, on_event: Optional[Observer] = None, **settings: Any) -> Run:
    """Train a network and return its run.

    ``data`` is a name ("glyphs", "mnist"), a file as the command line takes it ("d.npz",
    "house.csv:target=price"), or arrays: ``(x, y)``, ``(x, y, x_test, y_test)``, ``x`` alone, or
    a dictionary by these names. Labels are whole numbers, targets of a regression are
    floating-point. Arrays are written to the file ``out + ".npz"``, because the run needs them
    to resume and to evaluate. ``out`` is a new directory; without it one in the folder runs.

    All other keywords are the flags of ``prospect train`` with underscores, such as ``rule``,
    ``epochs``, ``lr``, ``step_size``; ``prospect_pc.flags("train")`` lists them. ``on_event``
    is called with a dictionary after each epoch, and at the end. Ctrl-C saves a checkpoint, stops the run and
    raises :class:`Interrupted`; ``Run(out).resume()`` goes on.

    >>> run = train("glyphs", model="mlp:784-32-10", rule="pc", epochs=3)  # doctest: +SKIP
    """
    resume = bool(settings.get("resume"))
    arrays = _arrays.named(data)
    settings = {"model": model, **settings}
    arguments("train", settings, "train")  # an unknown keyword leaves no directory
    if out is None:
        rule = str(settings.get("rule") or "pc").split(":")[0]
        out = _arrays.directory(("arrays" if arrays else Path(str(data or "glyphs")).name) + "-" + rule)
    out = os.fspath(out)
    if arrays is not None:
        fresh = not os.path.exists(out + ".npz")
        data = _arrays.beside(out, arrays, resume)
    try:
        events(["train", "--json", *arguments("train", {"data": data, "out": out, **settings}, "train")], on_event, out)
    except BaseException:
        if not os.path.exists(os.path.join(out, "manifest.json")):  # nothing was started
            _remove_empty(out)
            if arrays is not None and fresh:
                os.unlink(data)
        raise
    return Run(out)


def _remove_empty(out: str) -> None:
    try:
        os.rmdir(out)
    except OSError:
        pass  # it holds something, or is not there


class Run:
    """A run in a directory, finished or not, made here or by the command line."""

    def __init__(self, out: Any) -> None:
        self.out = Path(os.path.abspath(os.fspath(out)))
        if not (self.out / "manifest.json").is_file():
            raise FileNotFoundError(f"{out}: holds no run (no manifest.json)")
        self._network: Optional[Event] = None

    def __repr__(self) -> str:
        s = self.settings
        return f"Run({str(self.out)!r}): {s['rule']}, {s['model']} on {s['data']}, {len(self.history)} of {s['epochs']} epochs"

    @property
    def manifest(self) -> Dict[str, Any]:
        """What the run was started with: settings, versions, host, time."""
        return json.loads((self.out / "manifest.json").read_text("utf-8"))

    @property
    def settings(self) -> Dict[str, Any]:
        """All settings, by the names of the flags with underscores."""
        return self.manifest["settings"]

    @property
    def history(self) -> List[Dict[str, Any]]:
        """A dictionary for each epoch that is finished."""
        path = self.out / "metrics.jsonl"
        if not path.is_file():
            return []
        # A line that a killed run left half written is no epoch yet.
        return [json.loads(line) for line in path.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]

    @property
    def metrics(self) -> Dict[str, np.ndarray]:
        """Arrays over the epochs, such as ``test_error``; NaN where an epoch has none.

        The energy of a term is ``energies/NAME``.
        """
        rows = []
        for epoch in self.history:
            row = {name: x for name, x in epoch.items() if not isinstance(x, dict)}
            row.update({f"energies/{term}": x for term, x in epoch.get("energies", {}).items()})
            rows.append(row)
        names = dict.fromkeys(name for row in rows for name in row)
        whole = ("epoch", "epochs", "updates", "relax_steps", "best_epoch")
        return {name: np.array([row.get(name, 0 if name in whole else np.nan) for row in rows]) for name in names}

    @property
    def checkpoint(self) -> Path:
        """The directory of the last checkpoint: the best one where early stopping kept it."""
        return self.out / "checkpoint"

    @property
    def weights(self) -> Dict[str, np.ndarray]:
        """The parameters and buffers by their names, such as ``h1/weight``, (in, out)."""
        return safetensors.load(self.checkpoint / "weights.safetensors")[0]

    def resume(self, on_event: Optional[Observer] = None, **settings: Any) -> Run:
        """Go on where the run stopped, to the bits of one that was not stopped.

        With ``epochs`` or ``lr`` it goes on longer or with another learning rate.
        """
        given = {"out": str(self.out), "resume": True, **settings}
        events(["train", "--json", *arguments("train", given, "resume")], on_event, str(self.out))
        return self

    def evaluate(self, data: Any = None, *, weights: Optional[Mapping[str, np.ndarray]] = None, data_dir: Any = None) -> Dict[str, Any]:
        """Evaluate on the test part of the run's data, or on others.

        ``data`` is a name or a file, whose test part is taken, or all of it if there is none, or
        arrays ``(x, y)``, in the numbers of those that the run was trained with. ``weights``
        replaces those of the checkpoint. Returns ``samples``, ``test_error`` (the fraction of wrong
        labels), ``test_squared_error``, ``test_r2``, ``test_rmse``, as there are.
        """
        with tempfile.TemporaryDirectory() as folder:
            given = {"out": str(self.out), "data_dir": data_dir, "data": data}
            arrays = _arrays.named(data)
            if arrays is not None:
                given["data"] = self._test_file(arrays, Path(folder))
            if weights is not None:
                given["weights"] = os.path.join(folder, "weights.safetensors")
                safetensors.save(given["weights"], weights, {"layout": "prospect"})
            (event,) = events(["evaluate", "--json", *arguments("evaluate", given)])
        del event["event"]
        if arrays is not None:
            event["data"] = "arrays"
        return event

    def query(
        self, clamp: Optional[Mapping[str, Any]] = None, read: Optional[Names] = None, *, predict: Optional[Names] = None, **settings: Any
    ) -> Dict[str, Any]:
        """Ask the network in any direction: clamp what is known, relax, read the rest.

        ``clamp`` maps a node to an array of (samples, shape of the node), to a class, or to what the
        command line takes: ``"test:0..63"``, ``"0..9"``, ``"@digit.png"``. Samples and targets are in
        the numbers of the data that the run was trained with, here and in the answer; see
        :meth:`scale` for pixels of a named dataset. ``read`` names nodes to read, ``predict`` nodes
        of which to read what the others predict. Other keywords are the flags of ``prospect query``:
        ``energy``, ``score``, ``mask``, ``steps``, ``tolerance``, ``png`` ...

        Returns ``nodes`` and ``predictions``, dictionaries of arrays (samples, shape of the node);
        ``energies``, ``scores``, ``classes``, ``truth``, as there are; ``samples``, ``converged``,
        ``steps``, ``gradient_norm``.
        """
        with tempfile.TemporaryDirectory() as folder:
            given = {"out": str(self.out), "npz": os.path.join(folder, "answer.npz"), **settings}
            for flag, names in (("read", read), ("predict", predict)):
                given[flag] = names if names is None or isinstance(names, str) else list(names)
            asked = ["query", "--json", *arguments("query", given)]
            for i, (node, value) in enumerate((clamp or {}).items()):
                if not isinstance(value, (str, int, np.integer)):
                    path = os.path.join(folder, f"{i}.npy")
                    np.save(path, np.ascontiguousarray(value, np.float32))
                    value = "@" + path
                asked.append(f"--clamp={node}={words(value)}")
            (event,) = events(asked)
            del event["event"]
            for name in ("energies", "scores", "classes", "truth"):
                event.pop(name, None)
            with np.load(given["npz"]) as file:
                for name in file.files:
                    kind, _, node = name.partition("/")
                    if node:
                        event.setdefault(kind, {})[node] = file[name]
                    else:
                        event[name] = file[name]
        return event

    def predict(self, x: Any, **settings: Any) -> np.ndarray:
        """Return what the network makes of samples: (samples, outputs).

        ``x`` is in the numbers of the data, for a named dataset in pixels of 0 to 255; so are the
        outputs of a regression. For labels see :meth:`classify`. Keywords are those of :meth:`query`.
        """
        samples, labels = self._held("samples"), self._held("labels")
        answer = self.query({samples: self.scale(x)}, read=labels, **settings)
        return answer["nodes"][labels]

    def classify(self, x: Any, **settings: Any) -> np.ndarray:
        """Return the labels of samples, in the numbers of the data: (samples,)."""
        y = self.predict(x, **settings)
        labels = self._labels()
        if y.shape[1:] == (1,):  # one unit for two classes
            middle = 0.0 if self.settings["targets"] == "pm1" else 0.5
            indices = (y[:, 0] > middle).astype(int)
        else:
            indices = y.reshape(len(y), -1).argmax(axis=1)
        return indices if labels is None else labels[indices]

    def scale(self, x: Any) -> np.ndarray:
        """Return samples as :meth:`query` takes them.

        Pixels of a named dataset, 0 to 255, become the numbers of the network; numbers of arrays
        and files stay as they are, because the binary knows how the run standardised them.
        """
        x, s = np.asarray(x), self.settings
        for info in self._datasets():
            if info["name"] != s["data"]:
                continue
            if info.get("measured"):
                raise ValueError(f"data {s['data']}: only its reader knows how its pixels are scaled; call query with those numbers")
            out, column = x * info["scale"], (-1, 1, 1) if x.ndim == 4 else (-1,)
            if s["pixels"] == "standard":
                out = (out - np.reshape(info.get("mean", 0.0), column)) / np.reshape(info.get("std", 1.0), column)
            return out.astype(np.float32)
        return x

    def summary(self) -> str:
        """Return a table of nodes, predictions and parameters."""
        return text(["model", "show", "--out", str(self.out)])

    def dot(self) -> str:
        """Return nodes and predictions as a graph for Graphviz."""
        return text(["model", "show", "--dot", "--out", str(self.out)])

    def plot(self, file: Any, what: str = "test") -> Path:
        """Draw a quantity over the epochs: FILE.png, .svg, .pdf, or .csv for the numbers."""
        text(["plot", str(self.out), *arguments("plot", {"file": file, "what": what})])
        return Path(file)

    def report(self, file: Any = None, data_dir: Any = None) -> Path:
        """Write one page of the run and return its path."""
        return Path(text(["report", str(self.out), *arguments("report", {"file": file, "data_dir": data_dir})]).strip())

    @property
    def network(self) -> Dict[str, Any]:
        """The nodes with their shapes and what they hold, and the predictions."""
        if self._network is None:
            self._network = events(["model", "show", "--json", "--out", str(self.out)])[0]
        return self._network

    def _held(self, what: str) -> str:
        for node in self.network["nodes"]:
            if node.get("holds") == what:
                return node["name"]
        raise ValueError(f"{self.settings['model']}: no node holds {what}; call query")

    def _file(self) -> Any:
        data = self.settings["data"]
        return data if data.endswith(".npz") and os.path.exists(data) else None

    @staticmethod
    def _datasets() -> List[Event]:
        return events(["data", "list", "--json"])

    def _labels(self) -> Optional[np.ndarray]:
        """Return the labels by class; None if they are the numbers from 0."""
        if self._file() is None:
            return None
        y = _arrays.training(self._file()).get("y")
        if y is None or y.dtype.kind not in "iub" or y.size != len(y):
            return None
        return np.unique(y)

    def _test_file(self, arrays: Dict[str, np.ndarray], folder: Path) -> str:
        """Write arrays as a test part, beside a training part that has every class."""
        x = self.scale(arrays["x_train"])
        out = {"x_train": x[:1], "x_test": x}
        if "y_train" in arrays:
            y, labels = arrays["y_train"], self._labels()
            out["y_test"], out["y_train"] = y, y[:1]
            if y.dtype.kind in "iub":
                if labels is None:
                    held = self._held("labels")
                    labels = np.arange(np.prod(next(n["shape"] for n in self.network["nodes"] if n["name"] == held)))
                out["x_train"], out["y_train"] = np.resize(x[:1], (len(labels), *x.shape[1:])), labels.astype(y.dtype)
        path = folder / "test.npz"
        _arrays.save(path, out)
        # Those of a named dataset are scaled already.
        return f"{path}:standardize=false" if self._named() else str(path)

    def _named(self) -> bool:
        return any(info["name"] == self.settings["data"] for info in self._datasets())
