"""Predictive coding and backprop by hand in PyTorch, eager.

The leanest way that we know: in perceptrons and residual perceptrons the relaxation is written out without autograd, into
buffers that are reused, and the prediction of the first layer is computed once; elsewhere torch.autograd.grad derives the
energy in the activities alone, with the parameters frozen and the first prediction computed once. The optimizer is the fused
one of PyTorch."""

from cases import STEP, mupc, nodes
from worker import serve


def make(case, rule, threads, scan):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    T, kind = case["steps"], case["kind"]
    activation = getattr(torch, case.get("activation", "tanh"))

    def squared(mu, t):
        return 0.5 * ((t - mu) ** 2).sum()

    def cross_entropy(logits, t):
        return -(t * F.log_softmax(logits, -1)).sum()

    def conv(p, name, x, stride=1):
        w = p[name + "weight"]
        return F.conv2d(x, w, p[name + "bias"], stride, w.shape[2] // 2)

    def dense(p, name, x):
        w, b = p[name + "weight"], p[name + "bias"]
        if x.dim() == 2:
            return torch.addmm(b, x, w)
        return torch.addmm(b, x.reshape(-1, x.shape[-1]), w).view(*x.shape[:-1], w.shape[1])

    def predictions():
        if kind == "mlp":
            return [lambda p, x: dense(p, "", x)] + [lambda p, x: dense(p, "1/", activation(x))] * (len(case["widths"]) - 2)
        if kind == "residual":
            s1, s, sy = mupc(case)
            middle = lambda p, x: torch.addmm(x, torch.tanh(x), p["1/1/weight"], alpha=s)
            return (
                [lambda p, x: s1 * (x @ p["0/weight"])]
                + [middle] * (case["depth"] - 1)
                + [lambda p, x: sy * (torch.tanh(x) @ p["1/weight"])]
            )
        if kind == "vgg5":
            block = lambda p, x: F.gelu(F.max_pool2d(conv(p, "0/", x), 2))
            return [block] * 4 + [lambda p, x: dense(p, "1/", x.flatten(1))]
        if kind == "resnet18":

            def block(stride):
                def predict(p, x):
                    x = torch.relu(x)
                    skip = conv(p, "1/skip/", x, stride) if "1/skip/weight" in p else x
                    return skip + conv(p, "1/body/2/", torch.relu(conv(p, "1/body/0/", x, stride)))

                return predict

            blocks = [block(2 if stage > 0 and b == 0 else 1) for stage, n in enumerate(case["blocks"]) for b in range(n)]
            return [lambda p, x: conv(p, "", x)] + blocks + [lambda p, x: dense(p, "2/", torch.relu(x).mean((2, 3)))]

        norm = lambda p, name, x: F.layer_norm(x, x.shape[-1:], p[name + "scale"], p[name + "bias"])

        def block(p, x):
            n, length, width = x.shape
            y = norm(p, "attention/body/0/", x)
            split = lambda part: dense(p, "attention/body/1/%s/" % part, y).view(n, length, case["heads"], -1).transpose(1, 2)
            read = F.scaled_dot_product_attention(split("query"), split("key"), split("value"), is_causal=True)
            x = x + dense(p, "attention/body/1/out/", read.transpose(1, 2).reshape(n, length, width))
            return x + dense(p, "mlp/body/3/", F.gelu(dense(p, "mlp/body/1/", norm(p, "mlp/body/0/", x))))

        first = lambda p, x: F.embedding(x, p["0/weight"]) + p["1/weight"]
        return [first] + [block] * case["depth"] + [lambda p, x: dense(p, "1/", norm(p, "0/", x))]

    class Peer:
        def load(self, weights, x, y):
            self.names = nodes(weights)
            self.initial = weights
            self.fs, self.energy = predictions(), cross_entropy if kind == "transformer" else squared
            self.set(weights)
            all = [p for group in self.p for p in group.values()]
            if case["optimizer"] == "sgd":
                self.optimizer = torch.optim.SGD(all, lr=case["rate"])
            else:
                self.optimizer = torch.optim.Adam(all, lr=case["rate"], fused=True)
            self.batches = [self.batch(*b) for b in zip(x, y)]
            self.next = 0
            if rule == "bp":
                self.gradients = self.backprop
            else:
                self.gradients = {"mlp": self.chain, "residual": self.residual}.get(kind, self.derived)
                self.buffers()

        def set(self, weights):
            self.p = [{r: torch.from_numpy(weights[f"{node}/{r}"].copy()).requires_grad_() for r in rest} for node, rest in self.names]

        def batch(self, x, y):
            x, y = torch.from_numpy(x.copy()), torch.from_numpy(y.copy())
            if kind in ("vgg5", "resnet18"):
                x = x.view(-1, 3, 32, 32)
            if kind == "transformer":
                x, y = x.long(), y.view(len(y), case["length"], -1)
            return x, y

        def update(self, count):
            for _ in range(count):
                self.gradients(*self.batches[self.next])
                self.optimizer.step()
                self.next = (self.next + 1) % len(self.batches)

        def backprop(self, x, t):
            self.optimizer.zero_grad()
            for f, p in zip(self.fs, self.p):
                x = f(p, x)
            self.energy(x, t).backward()

        def derived(self, x, t):
            fs, p = self.fs, self.p

            def energy(first, xs):
                e = squared(first, xs[0])
                for l in range(1, len(xs)):
                    e = e + squared(fs[l](p[l], xs[l - 1]), xs[l])
                return e + self.energy(fs[-1](p[-1], xs[-1]), t)

            with torch.no_grad():
                xs, h = [], x
                for f, q in zip(fs[:-1], p):
                    h = f(q, h)
                    xs.append(h.clone())
                first = xs[0].clone()
            self.freeze(False)
            xs = [u.requires_grad_() for u in xs]
            for _ in range(T):
                g = torch.autograd.grad(energy(first, xs), xs)
                with torch.no_grad():
                    torch._foreach_add_(xs, g, alpha=-STEP)
            self.freeze(True)
            self.optimizer.zero_grad()
            energy(fs[0](p[0], x), [u.detach() for u in xs]).backward()

        def freeze(self, learn):
            for group in self.p:
                for q in group.values():
                    q.requires_grad_(learn)

        def buffers(self):
            """Activities, f of them, errors, gradients and predictions of every layer but the input's."""
            if kind not in ("mlp", "residual"):
                return
            widths = case["widths"][1:] if kind == "mlp" else [case["width"]] * case["depth"] + [case["outputs"]]
            self.x, self.f, self.e, self.g, self.mu = ([torch.empty(case["batch"], w) for w in widths] for _ in range(5))
            for group in self.p:
                for q in group.values():
                    q.grad = torch.empty_like(q)

        @torch.no_grad()
        def chain(self, x, t):
            n = len(self.p) - 1  # hidden layers, 0 to n-1; n is the output
            W = [q["weight" if l == 0 else "1/weight"] for l, q in enumerate(self.p)]
            b = [q["bias" if l == 0 else "1/bias"] for l, q in enumerate(self.p)]
            X, f, e, g, mu = self.x, self.f, self.e, self.g, self.mu
            sigmoid = case["activation"] == "sigmoid"
            h = x
            for l in range(n):  # the feedforward pass: hidden errors are zero
                torch.addmm(b[l], h, W[l], out=X[l])
                h = activation(X[l], out=f[l])
                e[l].zero_()
            mu[0].copy_(X[0])
            torch.sub(t, torch.addmm(b[n], h, W[n], out=mu[n]), out=e[n])
            for _ in range(T):
                for l in range(n):  # x += step (f'(x) (e W^T) - e)
                    torch.mm(e[l + 1], W[l + 1].t(), out=g[l])
                    if sigmoid:
                        torch.mul(f[l], torch.rsub(f[l], 1), out=f[l])
                        g[l].mul_(f[l])
                    else:
                        torch.mul(f[l], f[l], out=f[l])
                        torch.addcmul(g[l], f[l], g[l], value=-1, out=g[l])
                    g[l].sub_(e[l])
                    X[l].add_(g[l], alpha=STEP)
                for l in range(n + 1):
                    if l < n:
                        activation(X[l], out=f[l])
                    if l > 0:
                        torch.addmm(b[l], f[l - 1], W[l], out=mu[l])
                    torch.sub(X[l] if l < n else t, mu[l], out=e[l])
            for l in range(n + 1):
                torch.mm((x if l == 0 else f[l - 1]).t(), e[l], out=W[l].grad).neg_()
                torch.sum(e[l], 0, out=b[l].grad).neg_()

        @torch.no_grad()
        def residual(self, x, t):
            s1, s, sy = mupc(case)
            W = [next(iter(q.values())) for q in self.p]
            X, f, e, g, mu = self.x, self.f, self.e, self.g, self.mu
            n = len(X) - 1
            torch.mm(x, W[0], out=X[0]).mul_(s1)
            mu[0].copy_(X[0])
            for l in range(n):
                torch.tanh(X[l], out=f[l])
                e[l].zero_()
                if l + 1 < n:
                    torch.addmm(X[l], f[l], W[l + 1], alpha=s, out=X[l + 1])
            torch.sub(t, torch.mm(f[n - 1], W[n], out=mu[n]), alpha=sy, out=e[n])
            for _ in range(T):
                for l in range(n):
                    torch.mm(e[l + 1], W[l + 1].t(), out=g[l])
                    torch.mul(f[l], f[l], out=f[l])
                    torch.addcmul(g[l], f[l], g[l], value=-1, out=g[l])
                    if l + 1 < n:
                        torch.add(e[l + 1], g[l], alpha=s, out=g[l])
                    else:
                        g[l].mul_(sy)
                for l in range(n):
                    X[l].add_(g[l].sub_(e[l]), alpha=STEP)
                for l in range(n):
                    torch.tanh(X[l], out=f[l])
                    if l > 0:
                        torch.addmm(X[l - 1], f[l - 1], W[l], alpha=s, out=mu[l])
                    torch.sub(X[l], mu[l], out=e[l])
                torch.sub(t, torch.mm(f[n - 1], W[n], out=mu[n]), alpha=sy, out=e[n])
            for l, w in enumerate(W):
                torch.mm((x if l == 0 else f[l - 1]).t(), e[l], out=w.grad).mul_(-s1 if l == 0 else -sy if l == n else -s)

        def arrays(self, of):
            return {f"{node}/{r}": of(q[r]).detach().numpy().copy() for (node, rest), q in zip(self.names, self.p) for r in rest}

        def weights(self):
            return self.arrays(lambda q: q)

        def gradient(self):
            """Of the first batch, with parameters of its own."""
            kept = self.p
            self.set(self.initial)
            if rule == "pc":
                self.buffers()
            for group in self.p:
                for q in group.values():
                    q.grad = torch.zeros_like(q)
            self.gradients(*self.batches[0])
            g = self.arrays(lambda q: q.grad)
            self.p = kept
            return g

        def versions(self):
            return dict(torch=torch.__version__)

    return Peer()


if __name__ == "__main__":
    serve(make)
