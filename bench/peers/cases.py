"""The cases, as `prospect bench` has them. Parameters come from its files, so that only what the files do not say is here."""

import math

STEP = 0.1  # of the activities


def mlp(widths, activation, batch, steps, optimizer, rate):
    return dict(kind="mlp", widths=widths, activation=activation, batch=batch, steps=steps, optimizer=optimizer, rate=rate)


CASES = {
    "a": mlp([784, 32, 32, 10], "sigmoid", 1, 128, "sgd", 0.01),
    "b": mlp([784, 256, 256, 10], "tanh", 64, 20, "adam", 1e-3),
    "c": mlp([784, 1024, 1024, 1024, 10], "tanh", 128, 32, "adam", 1e-3),
    "wide": mlp([784, 4096, 4096, 10], "tanh", 256, 20, "adam", 1e-3),
    "vgg5": dict(kind="vgg5", batch=64, steps=5, optimizer="adam", rate=1e-3),
    "residual16": dict(kind="residual", width=128, depth=16, inputs=784, outputs=10, batch=64, steps=32, optimizer="adam", rate=1e-3),
    "residual": dict(kind="residual", width=128, depth=64, inputs=784, outputs=10, batch=64, steps=64, optimizer="adam", rate=1e-3),
    "resnet18": dict(kind="resnet18", width=16, blocks=[2, 2, 2, 2], batch=8, steps=8, optimizer="adam", rate=1e-3),
    "transformer": dict(
        kind="transformer", width=64, depth=4, heads=4, length=32, symbols=64, batch=16, steps=8, optimizer="adam", rate=1e-3
    ),
}

SCAN = 16  # updates of one program, for the peers that can

# Where one update lasts a quarter of a second and more, sixteen in one program save nothing that can be measured.
LONG = {("c", "pc"), ("vgg5", "pc"), ("vgg5", "bp"), ("residual", "pc"), ("resnet18", "pc"), ("transformer", "pc")}


def checked(case, rule):
    """The number of updates after which weights are compared."""
    return 2 if (case, rule) in LONG else SCAN


def mupc(case):
    """The factors of the first, the hidden and the last matrix of the residual case (Innocenti et al. 2025, table 1)."""
    return case["inputs"] ** -0.5, (case["width"] * (case["depth"] + 1)) ** -0.5, 1 / case["width"]


def nodes(names):
    """The names of parameters by the node that they predict, in the order of the network: h1, h2 ... y."""
    found = {}
    for name in names:
        node, rest = name.split("/", 1)
        found.setdefault(node, []).append(rest)
    order = sorted(found, key=lambda node: math.inf if node == "y" else int(node[1:]))
    return [(node, sorted(found[node])) for node in order]
