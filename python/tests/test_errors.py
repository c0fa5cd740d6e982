import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from conftest import points

import prospect_pc


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: prospect_pc.train("glyphs", modle="mlp"), TypeError, r"^train\(\) got an unexpected .* 'modle'; did you mean 'model'"),
        (lambda: prospect_pc.sweep("glyphs", batches=3), TypeError, r"did you mean .*'batch'"),
        (lambda: prospect_pc.train("glyphs", xyzzy=1), TypeError, r"prospect_pc.flags\('train'\) lists them"),
        (lambda: prospect_pc.train("glyphs", lr=-1), prospect_pc.UsageError, r"^lr, got -1, want a positive finite number$"),
        (lambda: prospect_pc.train("glyphs", rule="pcc"), ValueError, r"^rule.*pcc"),
        (
            lambda: prospect_pc.train(points(20), model="mlp:5-3"),
            prospect_pc.UsageError,
            r"^model, got .*has 6 inputs and 3 classes; use model mlp:6-3$",
        ),
        (lambda: prospect_pc.train((np.zeros((4, 2)), np.zeros(3, int))), prospect_pc.ProspectError, r"3"),
        (lambda: prospect_pc.train({"a": np.zeros(3)}), ValueError, r"data, got arrays a, want x or x_train"),
        (lambda: prospect_pc.train(3), TypeError, r"data, want a name"),
        (lambda: prospect_pc.Run("nowhere"), FileNotFoundError, r"nowhere: holds no run"),
        (lambda: prospect_pc.kinds("nothing"), prospect_pc.UsageError, r"nothing"),
    ],
)
def test_mistakes(folder, call, kind, message):
    with pytest.raises(kind, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    left = [name for name in os.listdir(folder) if name != "runs"]
    assert left == [] and (not os.path.exists("runs") or os.listdir("runs") == [])


def test_directories_are_not_overwritten(folder):
    x, y = points(60)
    prospect_pc.train((x, y), model="mlp:6-3", rule="pc", epochs=1, out="run")
    with pytest.raises(FileExistsError, match="run.npz: exists already"):
        prospect_pc.train((x, y), out="run")
    with pytest.raises(prospect_pc.ProspectError, match="already holds a run"):
        prospect_pc.train("glyphs", out="run")
    with pytest.raises(ValueError, match="holds other data"):
        prospect_pc.train((x + 1, y), out="run", resume=True)
    assert len(prospect_pc.train((x, y), out="run", resume=True, epochs=2).history) == 2


def test_query_mistakes(run):
    with pytest.raises(prospect_pc.ProspectError, match="z"):
        run.query({"x": np.zeros((1, 6))}, read="z")
    with pytest.raises(prospect_pc.ProspectError, match="want a multiple of 6"):
        run.query({"x": np.zeros((1, 7))})
    with pytest.raises(TypeError, match="did you mean 'tolerance'"):
        run.query({"x": np.zeros((1, 6))}, tolerence=0.1)


def test_no_binary(monkeypatch, tmp_path):
    monkeypatch.setenv("PROSPECT_BINARY", str(tmp_path / "none"))
    with pytest.raises(prospect_pc.ProspectError, match="PROSPECT_BINARY, got .*none, want a program"):
        prospect_pc.version()


def test_another_program(monkeypatch, program):
    monkeypatch.setenv("PROSPECT_BINARY", program("print('hello')"))
    with pytest.raises(prospect_pc.ProspectError, match="printed 'hello', want JSON; is it Prospect's?"):
        prospect_pc.version()


def test_crash(monkeypatch, program):
    """A program that dies without a word, and one that says more than a pipe holds."""
    monkeypatch.setenv("PROSPECT_BINARY", program("sys.exit(7)"))
    with pytest.raises(prospect_pc.ProspectError, match="ended with code 7"):
        prospect_pc.version()
    body = """
for i in range(5000): print('prospect: remark', i, 'x' * 200, file=sys.stderr)
print('{"a": 1}')
print('prospect: bad', file=sys.stderr)
sys.exit(1)"""
    monkeypatch.setenv("PROSPECT_BINARY", program(body))
    with pytest.raises(prospect_pc.ProspectError, match="^bad$"):
        prospect_pc.version()


def test_warnings(monkeypatch, program):
    monkeypatch.setenv("PROSPECT_BINARY", program("print('prospect: warning: mind it', file=sys.stderr); print('{\"prospect\": \"1\"}')"))
    with pytest.warns(UserWarning, match="^mind it$"):
        assert prospect_pc.version() == {"prospect": "1"}


def test_exception_of_the_callback_stops_the_run(folder):
    def stop(event):
        raise RuntimeError("enough")

    start = time.monotonic()
    with pytest.raises(RuntimeError, match="enough"):
        prospect_pc.train("glyphs", model="mlp:784-64-10", rule="pc", epochs=5000, out="run", on_event=stop)
    assert time.monotonic() - start < 60
    run = prospect_pc.Run("run")
    assert 1 <= len(run.history) < 5000
    assert run.weights["h1/weight"].shape == (784, 64)  # a checkpoint was saved


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("group", [False, True], ids=["the process", "its group, as a terminal does"])
def test_interrupt(folder, group):
    """Ctrl-C saves a checkpoint; the run goes on to the bits of one that was not stopped."""
    script = textwrap.dedent(
        """
        import prospect_pc, sys
        try:
            tell = lambda e: print(e["epoch"], flush=True)
            prospect_pc.train("glyphs", model="mlp:784-32-10", rule="pc", epochs=12, out="run", on_event=tell)
        except KeyboardInterrupt as stop:
            print(type(stop).__name__, stop.out, stop, flush=True)
        """
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        if group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0
    last = rest.splitlines()[-1]
    assert last == "Interrupted run stopped; go on with prospect_pc.Run('run').resume()"
    run = prospect_pc.Run("run")
    assert len(run.history) < 12
    run.resume()
    assert len(run.history) == 12
    whole = prospect_pc.train("glyphs", model="mlp:784-32-10", rule="pc", epochs=12, out="whole")
    for name, w in whole.weights.items():
        assert np.array_equal(w, run.weights[name])
