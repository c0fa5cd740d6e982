"""Predictive coding and backprop by hand in JAX: a whole update in one compiled program, or sixteen (--scan 16).

The leanest way that we know: the prediction of the first layer is computed once, outside the loop; the loop over the steps is
lax.fori_loop, unrolled for convolutions, which XLA runs many times slower in a loop on processors; in perceptrons and residual perceptrons the gradients are written out and f, f' and the errors are carried from
step to step, elsewhere jax.grad derives them in the activities alone; weight gradients are taken once, at the end; buffers of
parameters and of the optimizer are donated; the batches are on the device before the clock starts."""

from cases import LONG, STEP, mupc
from worker import LeftOut, serve


def make(case, rule, threads, scan):
    if scan and (case["name"], rule) in LONG:
        raise LeftOut("an update lasts far longer than what one program of sixteen could save")
    import jax
    import jax.numpy as jnp
    import jaxlib
    from jax import lax

    from jax_networks import Network

    T = case["steps"]
    convolutional = case["kind"] in ("vgg5", "resnet18")

    def chain(net):
        """Gradients of a perceptron: mu_l = f(x_l-1) W_l + b_l, without f on the input."""
        act, slope = {"tanh": (jnp.tanh, lambda f: 1 - f * f), "sigmoid": (jax.nn.sigmoid, lambda f: f * (1 - f))}[case["activation"]]

        def gradients(parameters, x, t):
            W = [p["weight" if l == 0 else "1/weight"] for l, p in enumerate(parameters)]
            b = [p["bias" if l == 0 else "1/bias"] for l, p in enumerate(parameters)]
            hidden = range(len(W) - 1)
            xs, h = [], x
            for l in hidden:
                xs.append(h @ W[l] + b[l])
                h = act(xs[-1])
            first = xs[0]

            def errors(xs):
                f = [act(u) for u in xs]
                e = [xs[0] - first] + [(xs[l] if l < len(xs) else t) - (f[l - 1] @ W[l] + b[l]) for l in range(1, len(W))]
                return f, e

            def step(_, state):
                xs, f, e = state
                xs = [xs[l] + STEP * (slope(f[l]) * (e[l + 1] @ W[l + 1].T) - e[l]) for l in hidden]
                return (xs, *errors(xs))

            _, f, e = lax.fori_loop(0, T, step, (xs, *errors(xs)))
            g = [(-(h.T @ d), -d.sum(0)) for h, d in zip([x] + f, e)]
            return [dict(zip(("weight", "bias") if l == 0 else ("1/weight", "1/bias"), pair)) for l, pair in enumerate(g)]

        return gradients

    def residual(net):
        """Gradients of a residual perceptron: mu_l = x_l-1 + s tanh(x_l-1) W_l."""
        s1, s, sy = mupc(case)

        def gradients(parameters, x, t):
            W = [next(iter(p.values())) for p in parameters]
            xs = [s1 * (x @ W[0])]
            for l in range(1, len(W) - 1):
                xs.append(xs[-1] + s * (jnp.tanh(xs[-1]) @ W[l]))
            first, n = xs[0], len(xs)

            def errors(xs):
                f = [jnp.tanh(u) for u in xs]
                e = [xs[0] - first] + [xs[l] - (xs[l - 1] + s * (f[l - 1] @ W[l])) for l in range(1, n)]
                return f, e + [t - sy * (f[-1] @ W[-1])]

            def step(_, state):
                xs, f, e = state
                up = [e[l + 1] + (1 - f[l] * f[l]) * (s * (e[l + 1] @ W[l + 1].T)) for l in range(n - 1)]
                up.append((1 - f[-1] * f[-1]) * (sy * (e[n] @ W[n].T)))
                xs = [u + STEP * (v - d) for u, v, d in zip(xs, up, e)]
                return (xs, *errors(xs))

            _, f, e = lax.fori_loop(0, T, step, (xs, *errors(xs)))
            scale = [s1] + [s] * (n - 1) + [sy]
            return [{next(iter(p)): -k * (h.T @ d)} for p, k, h, d in zip(parameters, scale, [x] + f, e)]

        return gradients

    def derived(net):
        """Gradients of any chain, by jax.grad."""
        fs = net.predictions

        def energy(parameters, xs, first, t):
            e = 0.5 * jnp.sum((xs[0] - first) ** 2)
            for l in range(1, len(xs)):
                e += 0.5 * jnp.sum((xs[l] - fs[l](parameters[l], xs[l - 1])) ** 2)
            return e + net.energy(fs[-1](parameters[-1], xs[-1]), t)

        def gradients(parameters, x, t):
            xs, h = [], x
            for f, p in zip(fs[:-1], parameters):
                h = f(p, h)
                xs.append(h)
            first = xs[0]
            slope = jax.grad(energy, 1)
            step = lambda _, xs: [u - STEP * g for u, g in zip(xs, slope(parameters, xs, first, t))]
            if convolutional:
                for i in range(T):
                    xs = step(i, xs)
            else:
                xs = lax.fori_loop(0, T, step, xs)
            return jax.grad(lambda p: energy(p, xs, fs[0](p[0], x), t))(parameters)

        return gradients

    def backprop(net):
        def loss(parameters, x, t):
            for f, p in zip(net.predictions, parameters):
                x = f(p, x)
            return net.energy(x, t)

        return jax.grad(loss)

    def adam(p, g, state):
        m, v, n = state
        n = n + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        c1, c2 = 1 - 0.9**n, 1 - 0.999**n
        p = jax.tree.map(lambda p, m, v: p - case["rate"] / c1 * m / (jnp.sqrt(v / c2) + 1e-8), p, m, v)
        return p, (m, v, n)

    def sgd(p, g, state):
        return jax.tree.map(lambda p, g: p - case["rate"] * g, p, g), state

    class Peer:
        def load(self, weights, x, y):
            self.net = net = Network(case, weights)
            form = {"mlp": chain, "residual": residual}.get(case["kind"], derived)
            self.gradients = backprop(net) if rule == "bp" else form(net)
            optimizer = adam if case["optimizer"] == "adam" else sgd
            self.first = net.parameters(weights)
            self.p = net.parameters(weights)
            zeros = lambda: jax.tree.map(jnp.zeros_like, self.p)
            self.state = (zeros(), zeros(), jnp.zeros((), jnp.int32)) if optimizer is adam else ()

            def update(p, state, x, t):
                return optimizer(p, self.gradients(p, x, t), state)

            def several(p, state, x, t):
                return lax.scan(lambda s, b: (update(*s, *b), None), (p, state), (x, t))[0]

            batches = [net.batch(*b) for b in zip(x, y)]
            if scan:
                of = lambda i, part: jnp.stack([batches[(i * scan + k) % len(batches)][part] for k in range(scan)])
                self.batches = [(of(i, 0), of(i, 1)) for i in range(max(1, len(batches) // scan))]
            else:
                self.batches = [(jnp.asarray(x), jnp.asarray(t)) for x, t in batches]
            self.one = tuple(jnp.asarray(a) for a in batches[0])
            self.step = jax.jit(several if scan else update, donate_argnums=(0, 1))
            self.next = 0

        def update(self, count):
            for _ in range(count // max(1, scan)):
                self.p, self.state = self.step(self.p, self.state, *self.batches[self.next])
                self.next = (self.next + 1) % len(self.batches)
            jax.block_until_ready(self.p)

        def weights(self):
            return self.net.weights(self.p)

        def gradient(self):
            return self.net.weights(jax.jit(self.gradients)(self.first, *self.one))

        def versions(self):
            return dict(jax=jax.__version__, jaxlib=jaxlib.__version__)

    return Peer()


if __name__ == "__main__":
    serve(make)
