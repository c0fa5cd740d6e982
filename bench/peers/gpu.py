"""Updates of Prospect on an accelerator beside JAX's on the same one, in turns: what bench/gpu.sh runs.

Both begin with the same weights and batches; the gradient of the first batch and the weights after some updates are compared with
Prospect's in double precision on the processor before anything is measured, as bench/peers/run does. Every case by every rule has an equal
share of the time that is left, and fewer blocks if that is short; what is left out, or computes something else, has its reason in its row."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from cases import checked
from run import Failure, Worker, distance

LEAST = 3  # pairs of blocks
HERE = os.path.dirname(os.path.abspath(__file__))


class Device(Worker):
    """A worker that has the machine's own settings: all processors, and the accelerator that its library finds."""

    def __init__(self, name, command, timeout, until):
        self.name, self.most, self.until = name, timeout, until
        self.errors = tempfile.TemporaryFile()
        self.buffer, self.startup, self.facts, self.begun = b"", None, {}, time.perf_counter()
        env = os.environ | dict(XLA_PYTHON_CLIENT_PREALLOCATE="false")  # two processes share the memory
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=env)

    @property
    def timeout(self):
        """Seconds in which a request must be answered: before the end of the case's share."""
        return max(0.1, min(self.most, self.until - time.monotonic()))

    def ask(self, do, **more):
        try:
            return super().ask(do, **more)
        except Failure as e:
            if time.monotonic() >= self.until:
                raise Failure("its share of the time ended at %s of %s" % (do, self.name)) from e
            raise


def measure(a, case, rule, until):
    """The row of a case: milliseconds of an update of each, the ratio with its quartiles, and the first update."""

    def path(name):
        return os.path.join(a.folder, case + "." + name)

    def prospect(engine, precision="f32"):
        command = [os.environ["PROSPECT"], "bench", "--serve", "--cases", case, "--rule", rule, "--engine", engine, "--precision", precision]
        return Device("prospect", command, a.timeout, until)

    w = prospect("compiled", "f64")
    w.ask("export", weights=path("initial"), data=path("data"))
    w.close()
    w = prospect("compiled", "f64")
    w.load(path("initial"), path("data"))
    w.ask("gradient", path=path("gradient"))
    n = min(2, checked(case, rule))
    w.ask("update", count=n)
    w.ask("weights", path=path("after"))
    w.close()

    settings = ["products=" + a.products] + (["plugin=" + a.plugin] if a.plugin else [])
    ours = prospect("xla:" + ",".join(settings))
    theirs = Device("jax", [sys.executable, os.path.join(HERE, "jax_peer.py"), "--case", case, "--rule", rule], a.timeout, until)
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
        counts, seconds = {}, {}
        for w in (ours, theirs):
            w.ask("update", count=2)
            one = w.ask("update", count=2)["seconds"] / 2
            counts[w.name] = max(2, round(a.seconds / one))
            seconds[w.name] = counts[w.name] * one
        pairs, room = [], int((until - time.monotonic()) / sum(seconds.values()))
        if room < LEAST:
            raise Failure("%d pairs of blocks fit into its share of the time, want %d" % (room, LEAST))
        for k in range(min(a.blocks, room)):
            turn = (ours, theirs) if k % 2 == 0 else (theirs, ours)
            took = {w.name: w.ask("update", count=counts[w.name])["seconds"] / counts[w.name] for w in turn}
            pairs.append((took["prospect"], took["jax"]))
    finally:
        ours.close()
        theirs.close()
    ratios = [p / j for p, j in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return "| {} | {} | {:.3f} | {:.3f} | {:.2f} | {:.2f} … {:.2f} | {:.1f} | {:.1f} |".format(
        case, rule, 1e3 * statistics.median(p for p, _ in pairs), 1e3 * statistics.median(j for _, j in pairs), middle, low, high, first["prospect"], first["jax"]
    )


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cases", default="b,c,vgg5,resnet18,wide")
    p.add_argument("--rules", default="pc", help="pc, bp or both, separated by a comma")
    p.add_argument("--budget", type=float, default=280.0, help="seconds of all cases together")
    p.add_argument("--products", default="highest", help="precision of products: highest, default (as JAX has it) or bf16")
    p.add_argument("--plugin", help="plugin of Prospect (the one it finds)")
    p.add_argument("--seconds", type=float, default=1.0, help="length of a block")
    p.add_argument("--blocks", type=int, default=9, help="pairs of blocks")
    p.add_argument("--timeout", type=float, default=100.0, help="of a request, in seconds")
    p.add_argument("--tolerance", type=float, default=2e-2, help="of the change of the weights, by its length")
    p.add_argument("--folder", default=tempfile.gettempdir())
    a = p.parse_args()
    os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", {"highest": "highest", "default": "default", "bf16": "bfloat16"}[a.products])
    end, failed = time.monotonic() + a.budget, False
    print("| case | rule | Prospect, ms/update | JAX, ms/update | ratio | quartiles | first update, s | JAX's, s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    pairs = [(case, rule) for case in a.cases.split(",") for rule in a.rules.split(",")]
    for i, (case, rule) in enumerate(pairs):
        now = time.monotonic()
        try:
            print(measure(a, case, rule, now + (end - now) / (len(pairs) - i)), flush=True)
        except Failure as e:
            failed = True
            print("| %s | %s | left out: %s | | | | | |" % (case, rule, str(e).replace("|", "/")), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
