"""Draws with PyTorch and NumPy what the tests of package torchrand compare with.

Usage: python fixtures.py > fixtures.json (PyTorch 2.15.0, NumPy 2.4.6)
"""

import json

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 2283198659  # above 2^31, as seeds of 32 bits may be


def bits(tensor):
    return tensor.detach().flatten().numpy().view(np.uint32).tolist()


def drawn(seed, draw):
    torch.manual_seed(seed)
    return draw()


def loader(size, batch, workers):
    """Draws the orders of two epochs of two loaders that alternate, then a number."""
    data = TensorDataset(torch.arange(size))
    loaders = [DataLoader(data, batch_size=batch, shuffle=True, num_workers=workers) for _ in range(2)]
    order = [int(i) for _ in range(2) for each in loaders for (b,) in each for i in b]
    return {"size": size, "order": order, "next": bits(torch.rand(1))[0]}


def mixed():
    """Calls one after another, as the generator keeps a number between some of them."""
    a, b, c = torch.empty(3).normal_(), torch.rand(2), torch.empty(2).normal_(1, 2)
    return bits(torch.cat([a, b, c]))


def linear(*args):
    layer = nn.Linear(*args, bias=False)
    return bits(layer.weight)


def xavier(fill, rows, columns, gain):
    weights = torch.empty(rows, columns)
    fill(weights, gain=gain)
    return bits(weights)


def choices(seed):
    np.random.seed(seed)
    p = np.array([0.3, 0.7], dtype=np.float32)
    return [int(np.random.choice([0, 1], p=p)) for _ in range(64)]


def uniforms(seed):
    np.random.seed(seed)
    return np.random.random_sample(8).tolist()


def normals(seed):
    np.random.seed(seed)
    return np.random.normal(0, 1, 7).tolist() + [np.random.random_sample()] + np.random.normal(0, 1, 2).tolist()


print(json.dumps({
    "torch": torch.__version__,
    "numpy": np.__version__,
    "seed": SEED,
    "int63": drawn(SEED, lambda: [str(int(torch.empty((), dtype=torch.int64).random_())) for _ in range(4)]),
    "uniform": drawn(SEED, lambda: bits(torch.empty(1000).uniform_(-0.3, 0.7))),
    "uniform64": drawn(SEED, lambda: torch.empty(4, dtype=torch.float64).uniform_().tolist()),
    "normal": {str(n): drawn(SEED, lambda n=n: bits(torch.empty(n).normal_(0.5, 2))) for n in (1, 2, 15, 16, 17, 40, 64)},
    "normal_rows": drawn(SEED, lambda: bits(torch.normal(torch.zeros(1, 64), 1.0))),
    "mixed": drawn(SEED, mixed),
    "permutation": drawn(SEED, lambda: torch.randperm(1000).tolist()),
    "linear": drawn(SEED, lambda: linear(7, 5)),
    "convolution": drawn(SEED, lambda: bits(nn.Conv2d(3, 4, 2, bias=False).weight)),
    "xavier_uniform": drawn(SEED, lambda: xavier(nn.init.xavier_uniform_, 5, 7, 1.5)),
    "xavier_normal": drawn(SEED, lambda: xavier(nn.init.xavier_normal_, 5, 7, 1.5)),
    "loaders": [drawn(SEED, lambda w=w: loader(10, 3, w)) for w in (0, 1)],
    "numpy_uniform": uniforms(SEED),
    "numpy_choice": choices(SEED),
    "numpy_normal": normals(SEED),
}))
