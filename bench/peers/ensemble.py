"""Many small networks as one: Prospect's ensemble against the same update by hand in JAX, vmapped over the networks.

    taskset -c 1 $PEERS_ENVIRONMENT/bin/python bench/peers/ensemble.py --prospect PROSPECT [--seconds 0.5]

PROSPECT is the command. `prospect bench --ensemble` draws weights and data by a formula, which is repeated here; the weights of the
last matrix of the first and the last network are compared after four updates. Times are those of the processor on one thread: the
best of five blocks, each."""

import argparse
import json
import os
import subprocess
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["NPROC"] = "1"

UPDATES, RATE, STEP = 4, 1e-3, 0.1


def drawn(stream, n, factor):
    """n numbers of a stream, as internal/bench draws them."""
    import numpy as np

    x = (np.arange(n, dtype=np.uint64) * 2654435761 + stream * 40503) & 0xFFFFFFFF
    x ^= x >> np.uint64(15)
    x = (x * 2246822519) & 0xFFFFFFFF
    x ^= x >> np.uint64(13)
    return (((x >> np.uint64(8)).astype(np.float32) / np.float32(1 << 24)) - np.float32(0.5)) * np.float32(factor)


def network(widths, rule, steps):
    """One update of one network: parameters, x and y to parameters."""
    import jax.numpy as jnp
    from jax import lax

    hidden = range(len(widths) - 2)

    def update(W, x, y):
        first = x @ W[0]
        xs, h = [first], jnp.tanh(first)
        for w in W[1:-1]:
            xs.append(h @ w)
            h = jnp.tanh(xs[-1])

        def errors(xs):
            f = [jnp.tanh(u) for u in xs]
            return f, [xs[0] - first] + [(xs[l] if l < len(xs) else y) - f[l - 1] @ W[l] for l in range(1, len(W))]

        def back(f, e, l):
            return (1 - f[l] * f[l]) * (e[l + 1] @ W[l + 1].T)

        f, e = errors(xs)
        if rule == "pc":

            def step(_, state):
                xs, f, e = state
                xs = [xs[l] + STEP * (back(f, e, l) - e[l]) for l in hidden]
                return (xs, *errors(xs))

            _, f, e = lax.fori_loop(0, steps, step, (xs, f, e))
        else:
            for l in reversed(hidden):
                e[l] = back(f, e, l)
        return [w + RATE * (h.T @ d) for w, h, d in zip(W, [x] + f, e)]

    return update


def measure(case, seconds):
    """The microseconds of an update of a network, and the weights that Prospect tells too."""
    import jax
    import numpy as np

    jax.config.update("jax_platforms", "cpu")
    widths, members, batch = case["widths"], case["members"], case["batch"]
    pairs = list(zip(widths[:-1], widths[1:]))
    W = [
        np.stack([drawn(3 + i + 8 * m, a * b, 2 / a**0.5).reshape(a, b) for m in range(members)]) for i, (a, b) in enumerate(pairs)
    ]
    x = np.broadcast_to(drawn(1, batch * widths[0], 2).reshape(batch, -1), (members, batch, widths[0]))
    y = np.broadcast_to(drawn(2, batch * widths[-1], 2).reshape(batch, -1), (members, batch, widths[-1]))
    update = jax.jit(jax.vmap(network(widths, case["rule"], case["steps"])), donate_argnums=0)
    W, x, y = [jax.device_put(w) for w in W], jax.device_put(x), jax.device_put(y)
    for _ in range(UPDATES):
        W = update(W, x, y)
    found = [np.asarray(W[-1][m]).ravel() for m in (0, members - 1)]
    best = float("inf")
    for _ in range(5):
        start, n = time.process_time(), 0
        while n == 0 or time.process_time() - start < seconds:
            W = jax.block_until_ready(update(W, x, y))
            n += 1
        best = min(best, (time.process_time() - start) / n / members)
    return best * 1e6, found


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--prospect", default="prospect", help="the command")
    flags.add_argument("--seconds", type=float, default=0.5, help="length of a block")
    flags.add_argument("--rule", choices=["pc", "bp"], help="the learning rule (both)")
    a = flags.parse_args()
    command = [a.prospect, "bench", "--ensemble", "--json", "--seconds", str(a.seconds)] + (["--rule", a.rule] if a.rule else [])
    cases = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
    print("| networks | rule | batch | steps | µs alone | µs as one | gain | JAX vmap, µs | JAX / as one | weights differ by |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    wrong = False
    for c in cases:
        us, found = measure(c, a.seconds)
        off = max(float(abs(f - w).max()) for f, w in zip(found, c["weights"]))
        wrong = wrong or not off < 1e-5
        print(
            f"| {c['members']:,} of {c['case']} | {c['rule']} | {c['batch']} | {c['steps'] or ''} | {c['us_alone']:.2f} | "
            f"{c['us_together']:.3f} | {c['gain']:.1f} | {us:.3f} | {us / c['us_together']:.2f} | {off:.1e} |",
            flush=True,
        )
    if wrong:
        sys.exit("bench/peers/ensemble.py: weights that differ by 1e-5 and more are those of another update")


if __name__ == "__main__":
    main()
