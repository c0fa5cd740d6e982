"""The networks of the cases as JAX functions, one a prediction: mu = f(parameters, activity before). Images are (batch, row,
column, channel), which XLA's convolutions on processors want; parameters are turned once, when they are loaded."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cases import mupc, nodes

ACTIVATIONS = {"tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}


def squared(mu, t):
    return 0.5 * jnp.sum((t - mu) ** 2)


def cross_entropy(logits, t):
    return -jnp.sum(t * jax.nn.log_softmax(logits))


def conv(p, name, x, stride=1):
    w = p[name + "weight"]
    pad = [(w.shape[0] // 2, w.shape[0] // 2)] * 2
    return lax.conv_general_dilated(x, w, (stride, stride), pad, dimension_numbers=("NHWC", "HWIO", "NHWC")) + p[name + "bias"]


def dense(p, name, x):
    return x @ p[name + "weight"] + p[name + "bias"]


def pool(x):
    n, rows, columns, channels = x.shape
    return x.reshape(n, rows // 2, 2, columns // 2, 2, channels).max((2, 4))


def norm(p, name, x):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * lax.rsqrt(v + 1e-5) * p[name + "scale"] + p[name + "bias"]


class Network:
    """The predictions of a case, in order, and the energy of the last one."""

    def __init__(self, case, weights):
        self.case, self.names = case, nodes(weights)
        self.energy = squared
        self.predictions = getattr(self, case["kind"])()
        assert len(self.predictions) == len(self.names)

    def mlp(self):
        f = ACTIVATIONS[self.case["activation"]]
        rest = [lambda p, x: dense(p, "1/", f(x))] * (len(self.case["widths"]) - 2)
        return [lambda p, x: dense(p, "", x)] + rest

    def residual(self):
        first, hidden, last = mupc(self.case)
        middle = lambda p, x: x + hidden * (jnp.tanh(x) @ p["1/1/weight"])
        return (
            [lambda p, x: first * (x @ p["0/weight"])]
            + [middle] * (self.case["depth"] - 1)
            + [lambda p, x: last * (jnp.tanh(x) @ p["1/weight"])]
        )

    def vgg5(self):
        block = lambda p, x: jax.nn.gelu(pool(conv(p, "0/", x)), approximate=False)
        return [block] * 4 + [lambda p, x: dense(p, "1/", x.reshape(len(x), -1))]

    def resnet18(self):
        def block(stride):
            def predict(p, x):
                x = jax.nn.relu(x)
                skip = conv(p, "1/skip/", x, stride) if "1/skip/weight" in p else x
                return skip + conv(p, "1/body/2/", jax.nn.relu(conv(p, "1/body/0/", x, stride)))

            return predict

        blocks = [block(2 if stage > 0 and b == 0 else 1) for stage, n in enumerate(self.case["blocks"]) for b in range(n)]
        return [lambda p, x: conv(p, "", x)] + blocks + [lambda p, x: dense(p, "2/", jax.nn.relu(x).mean((1, 2)))]

    def transformer(self):
        c = self.case
        heads, size = c["heads"], c["width"] // c["heads"]
        mask = jnp.tril(jnp.ones((c["length"], c["length"]), bool))
        self.energy = cross_entropy

        def block(p, x):
            n, length, width = x.shape
            y = norm(p, "attention/body/0/", x)
            q, k, v = (dense(p, "attention/body/1/%s/" % part, y).reshape(n, length, heads, size) for part in ("query", "key", "value"))
            scores = jnp.where(mask, jnp.einsum("bqhd,bkhd->bhqk", q, k) / size**0.5, -1e30)
            read = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v).reshape(n, length, width)
            x = x + dense(p, "attention/body/1/out/", read)
            y = jax.nn.gelu(dense(p, "mlp/body/1/", norm(p, "mlp/body/0/", x)), approximate=False)
            return x + dense(p, "mlp/body/3/", y)

        first = lambda p, x: p["0/weight"][x] + p["1/weight"]
        return [first] + [block] * c["depth"] + [lambda p, x: dense(p, "1/", norm(p, "0/", x))]

    # The layout of a parameter: convolutions are (out, in, row, column) in the files; the rows of the read-out that follows
    # a flattened image are in the order channel, row, column there.

    def turned(self, name, a):
        if a.ndim == 4:
            return a.transpose(2, 3, 1, 0)
        if self.case["kind"] == "vgg5" and name == "y/1/weight":
            return a.reshape(512, 2, 2, 10).transpose(1, 2, 0, 3).reshape(2048, 10)
        return a

    def returned(self, name, a):
        if a.ndim == 4:
            return a.transpose(3, 2, 0, 1)
        if self.case["kind"] == "vgg5" and name == "y/1/weight":
            return a.reshape(2, 2, 512, 10).transpose(2, 0, 1, 3).reshape(2048, 10)
        return a

    def parameters(self, weights):
        """A dictionary of arrays for each prediction."""
        return [{rest: jnp.asarray(self.turned(f"{node}/{rest}", weights[f"{node}/{rest}"])) for rest in names} for node, names in self.names]

    def weights(self, parameters):
        """The inverse of parameters, as NumPy arrays."""
        return {
            f"{node}/{rest}": self.returned(f"{node}/{rest}", np.asarray(p[rest]))
            for (node, names), p in zip(self.names, parameters)
            for rest in names
        }

    def batch(self, x, y):
        """One batch of the file as the predictions want it."""
        kind = self.case["kind"]
        if kind in ("vgg5", "resnet18"):
            x = x.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        if kind == "transformer":
            return x.astype(np.int32), y.reshape(len(y), self.case["length"], -1)
        return x, y
