# Draws of the tracking task of Millidge et al. 2024 by PyTorch, for tracking.json:
# python tracking.py > tracking.json
import json
import torch


def draw(observation, noise, steps):
    g = torch.Generator()
    g.manual_seed(observation)
    c = torch.randn((3, 3), generator=g)
    a = torch.tensor([[1.0, 1e-3, 5e-7], [0.0, 1.0, 1e-3], [0.0, 0.0, 1.0]])
    g.manual_seed(noise)
    z, states, seen = torch.zeros(3, 1), [], []
    for t in range(steps):
        push = torch.tensor([[0.0], [0.0], [torch.exp(torch.tensor(-0.01 * t)).item()]])
        z = a @ z + push + torch.randn((3, 1), generator=g)
        y = c @ z + torch.randn((3, 1), generator=g)
        states.append(z.flatten().tolist())
        seen.append(y.flatten().tolist())
    return {"observation_seed": observation, "noise_seed": noise, "c": c.tolist(), "states": states, "observations": seen}


print(json.dumps([draw(10, 0, 20), draw(1, 3, 20)]))
