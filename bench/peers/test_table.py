"""Tests of the runner that need nothing installed: python3 -m unittest, in this folder."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

import table
from cases import CASES, LONG, SCAN, checked, mupc, nodes

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402


class Arithmetic(unittest.TestCase):
    def test_quantile(self):
        self.assertEqual(table.quantile([3, 1, 2], 0.5), 2)
        self.assertEqual(table.quantile([4, 1, 2, 3], 0.5), 2.5)
        self.assertEqual(table.quantile([1, 2, 3, 4, 5], 0.25), 2)
        self.assertEqual(table.quantile([10, 20], 0.75), 17.5)
        self.assertEqual(table.quantile([7], 0.25), 7)

    def test_spread(self):
        self.assertEqual(table.spread([5, 1, 3, 2, 4]), (3, 2, 4))

    def test_adjacent(self):
        # A machine that slows down evenly does not change the ratio.
        self.assertEqual(table.adjacent([(1, 4, 3), (10, 40, 30)]), [2, 2])
        self.assertEqual(table.adjacent([(2, 1, 2)]), [0.5])

    def test_number(self):
        for x, want in [(0, "0"), (0.0123, "0.0123"), (0.5, "0.500"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (1234.5, "1234")]:
            self.assertEqual(table.number(x), want)

    def test_ratio(self):
        self.assertEqual(table.ratio([1.0, 1.1, 1.2, 1.3, 1.4]), "1.20 (1.10 to 1.30)")

    def test_markdown(self):
        want = "| case | rule | jax |\n| --- | --- | ---: |\n| b | pc | 1.1 |\n"
        self.assertEqual(table.markdown(["case", "rule", "jax"], [["b", "pc", "1.1"]]), want)

    def test_accepted(self):
        self.assertTrue(table.accepted(9e-5, 1e-7))
        self.assertFalse(table.accepted(2e-4, 1e-7))
        self.assertTrue(table.accepted(1e-3, 4e-4))  # single precision cannot do better
        self.assertFalse(table.accepted(2e-3, 4e-4))
        self.assertFalse(table.accepted(0.02, 0.02))  # nor is ours then
        self.assertFalse(table.accepted(float("nan"), 1e-7))


@unittest.skipUnless(importlib.util.find_spec("numpy") and importlib.util.find_spec("safetensors"), "NumPy and safetensors are not installed")
class Retracing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def test_adam(self):
        # The first step is the rate against the sign; by hand, gradients 1 and then -1: m = .09 - .1, v = .000999 + .001.
        import numpy as np
        from safetensors.numpy import load_file, save_file

        save_file({"w": np.array([1, 2], np.float64)}, self.path("w"))
        save_file({"w": np.array([1, -3], np.float32)}, self.path("g1"))
        save_file({"w": np.array([-1, 0], np.float32)}, self.path("g2"))
        run.adam(self.path("w"), [self.path("g1")], 0.1, self.path("one"))
        np.testing.assert_allclose(load_file(self.path("one"))["w"], [0.9, 2.1], rtol=1e-8)
        run.adam(self.path("w"), [self.path("g1"), self.path("g2")], 0.1, self.path("two"))
        second = 0.1 * (-0.01 / 0.19) / (0.001999 / 0.001999) ** 0.5
        np.testing.assert_allclose(load_file(self.path("two"))["w"][0], 0.9 - second, rtol=1e-7)

    def test_exchanged(self):
        import numpy as np
        from safetensors.numpy import load_file, save_file

        save_file({"x": np.arange(6, dtype=np.float32).reshape(3, 2)}, self.path("data"))
        run.exchanged(self.path("data"), self.path("second"))
        np.testing.assert_array_equal(load_file(self.path("second"))["x"], [[2, 3], [4, 5], [0, 1]])


class Cases(unittest.TestCase):
    def test_nodes(self):
        got = nodes(["y/1/weight", "h10/weight", "h2/b", "h2/a"])
        self.assertEqual(got, [("h2", ["a", "b"]), ("h10", ["weight"]), ("y", ["1/weight"])])

    def test_checked(self):
        self.assertEqual((checked("a", "pc"), checked("c", "pc")), (SCAN, 2))
        self.assertLessEqual({case for case, _ in LONG}, set(CASES))

    def test_mupc(self):
        self.assertEqual(mupc(CASES["residual"]), (1 / 28, (128 * 65) ** -0.5, 1 / 128))


class Tables(unittest.TestCase):
    def comparison(self, threads, peak, **more):
        ours = dict(ms=2.0, of_peak=0.8, peak_gflops=peak, startup_s=0.1, first_update_s=0.01, first_updates=1, memory_mb=40.0)
        ours |= dict(gradient_error=1e-6, after_error=2e-6)
        return dict(case="b", rule="pc", threads=threads, left_out={"jpc": "not installed"}, results={run.OURS: ours} | more)

    def test_report(self):
        jax = dict(ratios=[1.1, 1.2, 1.3], gradient_error=2e-6, after_error=3e-6, startup_s=1, first_update_s=0.5, first_updates=16)
        a = run.argparse.Namespace(threads=[1, 2], blocks=3, seconds=1.0, peers=["jax", "jpc"])
        two = self.comparison(2, 150.0, **{run.ONE: dict(ratios=[1.4, 1.35, 1.45])})
        text = run.report([self.comparison(1, 100.0, jax=jax), two], a, dict(processor="P", system="S"))
        for want in [
            "| case | rule | Prospect, ms | of peak | jax | jpc |",
            "| b | pc | 2.00 | 80 % | 1.20 (1.15 to 1.25) | - |",
            "| b | pc | 0.100 / 0.0100 / 40.0 | 1.00 / 0.500 (16) / - | - |",
            "| b | pc | 1e-06 / 2e-06 | 2e-06 / 3e-06 | - |",
            "- jpc is left out of b pc: not installed.",
            "| b | pc | 1.40 | 1.50 | 93 % |",
        ]:
            self.assertIn(want, text)

    def test_summary(self):
        got = run.summary([(0.002, None), (0.001, None), (0.003, None)])
        self.assertEqual(got, dict(ms=2.0, ms_quartiles=[1.5, 2.5], ms_best=1.0, blocks=3))
        self.assertEqual(run.summary([(0.002, 0.001)])["processor_ms"], 1.0)

    def test_refuses(self):
        for flags in (["--cases", "z"], ["--blocks", "0"], ["--threads", "0"], ["--seconds", "0"], ["--processors", "0", "--threads", "2"]):
            out = subprocess.run([sys.executable, "run.py", *flags], capture_output=True, text=True, cwd=run.HERE)
            self.assertEqual(out.returncode, 2, flags)

    def test_worker(self):
        """What a process does wrong keeps it out, with a reason."""
        answer = "import json; print(json.dumps(%r), flush=True); input()"
        for code, want in [
            ("pass", "ended"),
            ("raise ValueError('bad')", "ended: ValueError: bad"),
            ("print('x', flush=True); input()", "ended at load: Expecting value"),
            (answer % dict(ok=False, left_out="no such layer"), "no such layer"),
            (answer % dict(ok=False, error="E"), "failed at load: E"),
            ("input()", "no answer in 1 s"),
        ]:
            processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
            w = run.Worker("fake", [sys.executable, "-c", "input(); " + code], 1, processors, 1 if want.startswith("no answer") else 60)
            with self.assertRaises(run.Failure) as e:
                w.load("w", "d")
            self.assertIn(want, str(e.exception))
            w.process.kill()
            w.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["cases"]:
        print(json.dumps(CASES))
    else:
        unittest.main()
