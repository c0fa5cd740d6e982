"""jpc, by its public functions: make_pc_step with the Euler solver and a constant step.

It is not on PyPI under a name that pip finds; without the module the runner leaves it out and says so. It averages energies over
the batch, so its step is the batch times that of the cases, and gradients are multiplied back. Layers are JAX functions of
jax_networks.py in equinox modules, with value nodes before the activation function."""

from cases import STEP
from worker import LeftOut, serve


def make(case, rule, threads, scan):
    if rule == "bp":
        raise LeftOut("its backprop is jax.grad of the same expressions, which the column of JAX has")
    if case["kind"] == "transformer":
        raise LeftOut("its make_pc_step takes no embedding of symbols")
    import jpc  # first: what is missing is said

    import diffrax
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax

    from jax_networks import Network

    class Layer(eqx.Module):
        p: dict
        f: callable = eqx.field(static=True)

        def __call__(self, x):
            return self.f(self.p, x[None])[0]

    class Peer:
        def load(self, weights, x, y):
            self.net, self.initial, self.next = Network(case, weights), weights, 0
            self.batches = [tuple(jnp.asarray(a) for a in self.net.batch(*b)) for b in zip(x, y)]
            optimizer = optax.sgd(case["rate"]) if case["optimizer"] == "sgd" else optax.adam(case["rate"])
            self.optimizer = optax.chain(optax.scale(case["batch"]), optimizer)
            self.model = self.layers()
            self.state = self.optimizer.init((eqx.filter(self.model, eqx.is_array), None))

        def layers(self):
            return [Layer(p, f) for f, p in zip(self.net.predictions, self.net.parameters(self.initial))]

        def step(self, model, optimizer, state, x, t):
            size = STEP * case["batch"]
            r = jpc.make_pc_step(
                model, optimizer, state, t, input=x, ode_solver=diffrax.Euler(), max_t1=case["steps"] * size, dt=size,
                stepsize_controller=diffrax.ConstantStepSize(),
            )  # fmt: skip
            return r["model"], r["opt_state"]

        def update(self, count):
            for _ in range(count):
                self.model, self.state = self.step(self.model, self.optimizer, self.state, *self.batches[self.next])
                self.next = (self.next + 1) % len(self.batches)
            jax.block_until_ready([layer.p for layer in self.model])

        def weights(self):
            return self.net.weights([layer.p for layer in self.model])

        def gradient(self):
            optimizer = optax.trace(decay=0.0)
            model = self.layers()
            after, _ = self.step(model, optimizer, optimizer.init((eqx.filter(model, eqx.is_array), None)), *self.batches[0])
            return self.net.weights([{k: case["batch"] * (a.p[k] - b.p[k]) for k in a.p} for a, b in zip(after, model)])

        def versions(self):
            return dict(jpc=jpc.__version__, jax=jax.__version__)

    return Peer()


if __name__ == "__main__":
    serve(make)
