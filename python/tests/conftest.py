import sys
from pathlib import Path

import numpy as np
import pytest

import prospect_pc


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def points(n, seed=0, labels=(3, 5, 9)):
    """Return samples in clusters by label, far from standardised."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, len(labels), n)
    x = rng.normal(size=(n, 6)) * 4 + 100
    x[np.arange(n), y] += 25
    return x.astype(np.float32), np.array(labels)[y]


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run on arrays with test data of their own."""
    out = tmp_path_factory.mktemp("runs") / "run"
    x, y = points(900)
    x_test, y_test = points(200, seed=1)
    return prospect_pc.train((x, y, x_test, y_test), model="mlp:6-12-3", rule="pc", epochs=4, lr=0.02, batch=16, out=out)


@pytest.fixture
def program(tmp_path):
    """Return a function that makes a script the binary."""

    def make(body):
        path = tmp_path / "prospect-script"
        path.write_text(f"#!{sys.executable}\nimport json, signal, sys, time\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return make


def pytest_report_header(config):
    return f"prospect_pc {Path(prospect_pc.__file__).parent}, binary {prospect_pc.binary()}"
