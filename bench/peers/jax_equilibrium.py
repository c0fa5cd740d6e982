"""Relaxation to an equilibrium by hand in JAX: from the data to the activities in one compiled program, Euler's method with a fixed
number of steps of the best size, which a scan finds. Perceptrons and residual perceptrons.

The gradients are written out, as in jax_peer.py; f, f' and the errors are carried from step to step; the prediction of the first layer
is computed once. The certificate that says whether a batch is there is computed apart from the clock, by jax.grad."""

import time

from cases import mupc
from worker import LeftOut, serve


def make(case, rule, threads, scan):
    import jax
    import jax.numpy as jnp
    import jaxlib
    from jax import lax

    from jax_networks import Network

    if case["kind"] not in ("mlp", "residual"):
        raise LeftOut("only perceptrons and residual perceptrons are written out")
    act, slope = {"tanh": (jnp.tanh, lambda f: 1 - f * f), "sigmoid": (jax.nn.sigmoid, lambda f: f * (1 - f))}[case.get("activation", "tanh")]
    residual = case["kind"] == "residual"

    def matrices(parameters):
        """Weights with their factors, and biases, which a residual perceptron has none of."""
        if residual:
            s1, s, sy = mupc(case)
            scale = [s1] + [s] * (len(parameters) - 2) + [sy]
            return [k * next(iter(p.values())) for p, k in zip(parameters, scale)], None
        named = lambda p, what: p[what] if what in p else p["1/" + what]
        return [named(p, "weight") for p in parameters], [named(p, "bias") for p in parameters]

    def feedforward(W, b, x):
        """The activities at their predictions."""
        predict = predictions(W, b)
        xs = [x @ W[0] if residual else x @ W[0] + b[0]]
        for l in range(1, len(W) - 1):
            xs.append(predict(l, xs[-1], act(xs[-1])))
        return xs

    def predictions(W, b):
        def predict(l, x, f):
            mu = f @ W[l] if residual else f @ W[l] + b[l]
            return x + mu if residual and l < len(W) - 1 else mu

        return predict

    def relaxed(parameters, x, t, step, steps):
        W, b = matrices(parameters)
        predict, n = predictions(W, b), len(W) - 1
        xs = feedforward(W, b, x)
        first = xs[0]

        def errors(xs):
            f = [act(u) for u in xs]
            return f, [xs[0] - first] + [(xs[l] if l < n else t) - predict(l, xs[l - 1], f[l - 1]) for l in range(1, n + 1)]

        def up(l, f, e):
            """The error of the layer above, propagated back."""
            back = slope(f[l]) * (e[l + 1] @ W[l + 1].T)
            return back + e[l + 1] if residual and l + 1 < n else back

        def body(_, state):
            xs, f, e = state
            xs = [xs[l] + step * (up(l, f, e) - e[l]) for l in range(n)]
            return (xs, *errors(xs))

        return lax.fori_loop(0, steps, body, (xs, *errors(xs)))[0]

    def gap(parameters, xs, x, t):
        """The largest ratio of the bound of a sample to its energy: half the squared gradient in the errors."""
        W, b = matrices(parameters)
        predict, n = predictions(W, b), len(W) - 1
        first = x @ W[0] if residual else x @ W[0] + b[0]
        mus = [first] + [predict(l, xs[l - 1], act(xs[l - 1])) for l in range(1, n)]
        e = [u - mu for u, mu in zip(xs, mus)]

        def energies(e):
            u, total = first + e[0], 0.5 * (e[0] ** 2).sum(1)
            for l in range(1, n):
                u = predict(l, u, act(u)) + e[l]
                total += 0.5 * (e[l] ** 2).sum(1)
            return total + 0.5 * ((t - predict(n, u, act(u))) ** 2).sum(1)

        g = jax.grad(lambda e: energies(e).sum())(e)
        return (0.5 * sum((u * u).sum(1) for u in g) / energies(e)).max()

    class Peer:
        def load(self, weights, x, y):
            self.parameters = Network(case, weights).parameters(weights)
            self.batches = [(jnp.asarray(a), jnp.asarray(b)) for a, b in zip(x, y)]
            self.run, self.bound = jax.jit(relaxed), jax.jit(gap)
            self.next = 0

        def scan(self, tolerance, most, batches):
            """The best step size and the fewest steps that are enough for the first batches."""
            best = (0.0, most + 1)

            def enough(step, limit):
                """The fewest steps up to limit, by doubling and halving; limit + 1 if they are not enough."""
                def there(steps):
                    for b in self.batches[:batches]:
                        xs = self.run(self.parameters, *b, step, steps)
                        if not float(self.bound(self.parameters, xs, *b)) <= tolerance:
                            return False
                    return True

                low, high = 0, 1
                while not there(min(high, limit)):
                    low, high = high, 2 * high
                    if low >= limit:
                        return limit + 1
                high = min(high, limit)
                while high - low > max(1, high // 64):
                    middle = (low + high) // 2
                    low, high = (low, middle) if there(middle) else (middle, high)
                return high

            def try_(step):
                nonlocal best
                steps = enough(step, min(most, best[1]))
                if steps < best[1]:
                    best = (step, steps)

            for k in (0, -2, 1, 2, 3, 4, -1, -3):
                try_(0.4 * 2 ** (k / 2))
            if best[1] <= most:
                centre = best[0]
                for k in (-2, -1, 1, 2):
                    try_(centre * 2 ** (k / 8))
            self.step, self.steps = (best[0], best[1]) if best[1] <= most else (0.4, most)
            return dict(step=self.step, steps=self.steps, reached=best[1] <= most)

        def relax(self, count, tolerance=None, steps=None):
            start = time.perf_counter()
            for _ in range(count):
                xs = self.run(self.parameters, *self.batches[self.next], self.step, steps or self.steps)
                self.next = (self.next + 1) % len(self.batches)
                jax.block_until_ready(xs)
            return dict(count=count, seconds=time.perf_counter() - start)

        def gap(self, path, batches):
            """The largest ratio of bound to energy of activities in a file."""
            from safetensors.numpy import load_file

            xs = load_file(path)
            names = sorted(xs, key=lambda name: int(name[1:]))
            worst = [float(self.bound(self.parameters, [jnp.asarray(xs[n][i]) for n in names], *b)) for i, b in enumerate(self.batches[:batches])]
            return dict(gap=max(worst))

        def versions(self):
            return dict(jax=jax.__version__, jaxlib=jaxlib.__version__)

    return Peer()


if __name__ == "__main__":
    serve(make)
