"""Updates of Prospect on an accelerator beside JAX's on the same one, in turns: what bench/gpu.sh runs.

Both begin with the same weights and batches; the gradient of the first batch and the weights after some updates are compared with
Prospect's in double precision on the processor before anything is measured, as bench/peers/run does. Every case has a share of the
time; what is left out, or computes something else, is named below the table."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from cases import checked
from run import Failure, Worker, distance

HERE = os.path.dirname(os.path.abspath(__file__))


class Device(Worker):
    """A worker that has the machine's own settings: all processors, and the accelerator that its library finds."""

    def __init__(self, name, command, timeout):
        self.name, self.timeout = name, timeout
        self.errors = tempfile.TemporaryFile()
        self.buffer, self.startup, self.facts, self.begun = b"", None, {}, time.perf_counter()
        env = os.environ | dict(XLA_PYTHON_CLIENT_PREALLOCATE="false")  # two processes share the memory
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=env)


def measure(a, case):
    """The row of a case: milliseconds of an update of each, the ratio with its quartiles, and the first update."""

    def path(name):
        return os.path.join(a.folder, case + "." + name)

    def prospect(engine, precision="f32"):
        command = [os.environ["PROSPECT"], "bench", "--serve", "--cases", case, "--rule", "pc", "--engine", engine, "--precision", precision]
        return Device("prospect", command, a.timeout)

    w = prospect("compiled", "f64")
    w.ask("export", weights=path("initial"), data=path("data"))
    w.close()
    w = prospect("compiled", "f64")
    w.load(path("initial"), path("data"))
    w.ask("gradient", path=path("gradient"))
    n = min(2, checked(case, "pc"))
    w.ask("update", count=n)
    w.ask("weights", path=path("after"))
    w.close()

    settings = ["products=" + a.products] + (["plugin=" + a.plugin] if a.plugin else [])
    ours = prospect("xla:" + ",".join(settings))
    theirs = Device("jax", [sys.executable, os.path.join(HERE, "jax_peer.py"), "--case", case, "--rule", "pc"], a.timeout)
    first = {}
    try:
        for w in (ours, theirs):
            w.load(path("initial"), path("data"))
            first[w.name] = w.ask("update", count=1)["seconds"]
            if n > 1:
                w.ask("update", count=n - 1)
            w.ask("weights", path=path(w.name + ".after"))
            off = distance(path("after"), path(w.name + ".after"), path("initial"), path("gradient"))
            if not off <= a.tolerance:
                raise Failure("%s computes another update: weights off by %.1e" % (w.name, off))
        counts = {}
        for w in (ours, theirs):
            w.ask("update", count=2)
            one = w.ask("update", count=2)["seconds"] / 2
            counts[w.name] = max(2, round(a.seconds / one))
        pairs = []
        for k in range(a.blocks):
            turn = (ours, theirs) if k % 2 == 0 else (theirs, ours)
            took = {w.name: w.ask("update", count=counts[w.name])["seconds"] / counts[w.name] for w in turn}
            pairs.append((took["prospect"], took["jax"]))
    finally:
        ours.close()
        theirs.close()
    ratios = [p / j for p, j in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return "| {} | {:.3f} | {:.3f} | {:.2f} | {:.2f} … {:.2f} | {:.1f} | {:.1f} |".format(
        case, 1e3 * statistics.median(p for p, _ in pairs), 1e3 * statistics.median(j for _, j in pairs), middle, low, high, first["prospect"], first["jax"]
    )


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cases", default="b,c,vgg5,resnet18,wide")
    p.add_argument("--products", default="highest", help="precision of products: highest, default (as JAX has it) or bf16")
    p.add_argument("--plugin", help="plugin of Prospect (the one it finds)")
    p.add_argument("--seconds", type=float, default=1.0, help="length of a block")
    p.add_argument("--blocks", type=int, default=9, help="pairs of blocks")
    p.add_argument("--timeout", type=float, default=100.0, help="of a request, in seconds")
    p.add_argument("--tolerance", type=float, default=2e-2, help="of the change of the weights, by its length")
    p.add_argument("--folder", default=tempfile.gettempdir())
    a = p.parse_args()
    os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", {"highest": "highest", "default": "default", "bf16": "bfloat16"}[a.products])
    left = []
    print("| case | Prospect, ms/update | JAX, ms/update | ratio | quartiles | first update, s | JAX's, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for case in a.cases.split(","):
        try:
            print(measure(a, case), flush=True)
        except Failure as e:
            left.append("%s: %s" % (case, e))
    for line in left:
        print("left out: " + line)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
