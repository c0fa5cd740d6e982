"""pcx, in the idiom of its tutorials: an energy module of layers and vodes, a jitted training function with the loop over the
steps inside, the energies of a sample under vmap.

The predictions are the JAX expressions of jax_networks.py, a layer of ours each; the vodes stand before the activation
function, as in the cases. Gradients are summed over the samples."""

from cases import STEP
from worker import LeftOut, serve


def make(case, rule, threads, scan):
    if rule == "bp":
        raise LeftOut("its backprop is jax.grad of the same expressions, which the column of JAX has")
    if case["kind"] == "residual":
        raise LeftOut("its idiom writes the steps out in the program, 64 steps of 65 layers, which compiles for more than five minutes")
    import importlib.metadata

    import jax
    import jax.numpy as jnp
    import optax
    import pcx
    import pcx.functional as pxf
    import pcx.nn as pxnn
    import pcx.predictive_coding as pxc
    import pcx.utils as pxu

    from jax_networks import Network

    class Layer(pcx.Module):
        def __init__(self, f, p):
            super().__init__()
            self.f = pcx.static(f)
            self.p = {name: pxnn.LayerParam(a) for name, a in p.items()}

        def __call__(self, x):
            return self.f.get()({name: a.get() for name, a in self.p.items()}, x[None])[0]

    class Model(pxc.EnergyModule):
        def __init__(self, net, parameters):
            super().__init__()
            self.layers = [Layer(f, p) for f, p in zip(net.predictions, parameters)]
            self.vodes = [pxc.Vode() for _ in self.layers[:-1]]
            last = pxc.Vode(pxc.ce_energy) if case["kind"] == "transformer" else pxc.Vode()
            self.vodes.append(last)
            self.vodes[-1].h.frozen = True

        def __call__(self, x, y):
            for layer, vode in zip(self.layers, self.vodes):
                x = vode(layer(x))
            if y is not None:
                self.vodes[-1].set("h", y)
            return self.vodes[-1].get("u")

    activities = pxu.M(pxc.VodeParam | pxc.VodeParam.Cache).to((None, 0))
    free = lambda: pxu.M_hasnot(pxc.VodeParam, frozen=True)  # made anew: its method to changes it

    @pxf.vmap(activities, in_axes=(0, 0), out_axes=0)
    def forward(x, y, *, model):
        return model(x, y)

    @pxf.vmap(activities, in_axes=(0,), out_axes=(None, 0), axis_name="batch")
    def energy(x, *, model):
        y = model(x, None)
        return jax.lax.psum(model.energy(), "batch"), y

    @pxf.jit(static_argnums=0)
    def train(steps, x, y, *, model, weights, states):
        model.train()
        with pxu.step(model, pxc.STATUS.INIT, clear_params=pxc.VodeParam.Cache):
            forward(x, y, model=model)
        states.init(free()(model))
        for _ in range(steps):
            with pxu.step(model, clear_params=pxc.VodeParam.Cache):
                _, g = pxf.value_and_grad(free().to([False, True]), has_aux=True)(energy)(x, model=model)
            states.step(model, g["model"])
        states.clear()
        with pxu.step(model, clear_params=pxc.VodeParam.Cache):
            _, g = pxf.value_and_grad(pxu.M(pxnn.LayerParam).to([False, True]), has_aux=True)(energy)(x, model=model)
        weights.step(model, g["model"])

    class Peer:
        def load(self, weights, x, y):
            self.net, self.initial = Network(case, weights), weights
            self.batches = [tuple(jnp.asarray(a) for a in self.net.batch(*b)) for b in zip(x, y)]
            self.model, self.optimizer, self.states = self.prepared(optax.sgd if case["optimizer"] == "sgd" else optax.adam, case["rate"])
            self.next = 0

        def prepared(self, optimizer, rate):
            pcx.RKG.seed(0)
            model = Model(self.net, self.net.parameters(self.initial))
            with pxu.step(model, pxc.STATUS.INIT, clear_params=pxc.VodeParam.Cache):
                forward(*self.batches[0], model=model)
            return model, pxu.Optim(lambda: optimizer(rate), pxu.M(pxnn.LayerParam)(model)), pxu.Optim(lambda: optax.sgd(STEP))

        def update(self, count):
            for _ in range(count):
                train(case["steps"], *self.batches[self.next], model=self.model, weights=self.optimizer, states=self.states)
                self.next = (self.next + 1) % len(self.batches)
            jax.block_until_ready([a.get() for layer in self.model.layers for a in layer.p.values()])

        def arrays(self, model):
            return self.net.weights([{name: a.get() for name, a in layer.p.items()} for layer in model.layers])

        def weights(self):
            return self.arrays(self.model)

        def gradient(self):
            """What one update of plain descent at rate 1 moves."""
            model, optimizer, states = self.prepared(lambda rate: optax.trace(decay=0.0), 0)
            train(case["steps"], *self.batches[0], model=model, weights=optimizer, states=states)
            before = self.arrays(Model(self.net, self.net.parameters(self.initial)))
            return {name: a - before[name] for name, a in self.arrays(model).items()}

        def versions(self):
            return dict(pcx=importlib.metadata.version("pcx"), jax=jax.__version__)

    return Peer()


if __name__ == "__main__":
    serve(make)
