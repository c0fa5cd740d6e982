"""What the scripts of the peers share: a process that makes updates on request, one JSON object a line, as `prospect bench --serve` does.

    {"do": "load", "weights": W, "data": D}   import the library and begin with these weights and batches
    {"do": "update", "count": N}              make updates: {"ok": true, "count": N, "seconds": S}
    {"do": "weights", "path": P}              write the weights
    {"do": "gradient", "path": P}             write the gradient of the first batch at the weights loaded

The runner sets threads, processors and flags in the environment before Python starts."""

import argparse
import json
import os
import sys
import time

from cases import CASES


class LeftOut(Exception):
    """A case that the peer cannot express, or is not to be measured on; the text says why."""


def serve(make):
    """Answers requests. make(case, rule, threads, scan) returns the peer:

    peer.load(weights, x, y)   arrays by name; x and y: (batches, samples, size)
    peer.update(count)         returns when the weights are there
    peer.weights()             arrays by name, in the layout of load
    peer.gradient()            the same of dE/dW, summed over the samples
    peer.versions()            what it is made of"""
    flags = argparse.ArgumentParser()
    flags.add_argument("--case", required=True, choices=CASES)
    flags.add_argument("--rule", required=True, choices=["pc", "bp"])
    flags.add_argument("--threads", type=int, default=1)
    flags.add_argument("--scan", type=int, default=0)
    a = flags.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is not an answer
    peer = None
    for line in sys.stdin:
        q = json.loads(line)
        try:
            answer = dict(ok=True)
            if q["do"] == "load":
                peer = make(CASES[a.case] | dict(name=a.case), a.rule, a.threads, a.scan)
                from safetensors.numpy import load_file, save_file

                data = load_file(q["data"])
                peer.load(load_file(q["weights"]), data["x"], data["y"])
                answer["versions"] = peer.versions()
            elif q["do"] == "update":
                start = time.perf_counter()
                peer.update(q["count"])
                answer |= dict(count=q["count"], seconds=time.perf_counter() - start)
            elif q["do"] == "weights":
                save_file(contiguous(peer.weights()), q["path"])
            elif q["do"] == "gradient":
                save_file(contiguous(peer.gradient()), q["path"])
            elif q["do"] in ("scan", "relax", "gap"):  # of jax_equilibrium.py
                answer |= getattr(peer, q.pop("do"))(**q)
            else:
                raise ValueError("request %r" % q["do"])
        except LeftOut as e:
            answer = dict(ok=False, left_out=str(e))
        except ImportError as e:
            answer = dict(ok=False, left_out="not installed: %s" % e)
        except Exception as e:  # the runner prints it and goes on
            answer = dict(ok=False, error="%s: %s" % (type(e).__name__, str(e).split("\n")[0]))
        print(json.dumps(answer), file=out, flush=True)


def contiguous(arrays):
    import numpy as np

    return {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in arrays.items()}
