"""Compares whole weight updates of Prospect with those of others, in turns, on the same weights and data. See README.md."""

import argparse
import json
import os
import platform
import select
import subprocess
import sys
import tempfile
import time

import table
from cases import CASES, LONG, SCAN, checked

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Name, script and flags, and the folder in the environment's that has an interpreter of its own.
PEERS = {
    "jax": ("jax_peer.py", [], ""),
    "jax-scan": ("jax_peer.py", ["--scan", str(SCAN)], ""),
    "torch": ("torch_peer.py", [], ""),
    "fabricpc": ("fabricpc_peer.py", [], ""),
    "pcx": ("pcx_peer.py", [], "pcx"),
    "jpc": ("jpc_peer.py", [], "jpc"),
    "prospect-xla": ("", [], ""),  # the engine xla, where a plugin is found
}
OURS, ONE = "prospect", "prospect, 1 thread"
STEPS = 1e-3  # accepted distance of Adam's steps from those for the program's own gradients
AFTER = 0.01  # accepted distance of the weights' change after some updates, see README.md


class Failure(Exception):
    """What keeps a peer from being measured."""


class Worker:
    """A process that makes updates on request, on processors of its own."""

    def __init__(self, name, command, threads, processors, timeout):
        self.name, self.timeout = name, timeout
        self.errors = tempfile.TemporaryFile()
        n = str(threads)
        env = os.environ | dict(
            OMP_NUM_THREADS=n, MKL_NUM_THREADS=n, OPENBLAS_NUM_THREADS=n, NPROC=n, GOMAXPROCS=n, JAX_PLATFORMS="cpu",
            XLA_FLAGS="--xla_cpu_multi_thread_eigen=" + ("true" if threads > 1 else "false"), PYTHONDONTWRITEBYTECODE="1",
        )  # fmt: skip
        pin = (lambda: os.sched_setaffinity(0, processors[:threads])) if hasattr(os, "sched_setaffinity") else None
        start = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=env, preexec_fn=pin)
        self.buffer = b""
        self.startup, self.facts = None, {}
        self.begun = start

    def ask(self, do, **more):
        """Sends a request and returns its answer."""
        try:
            self.process.stdin.write(json.dumps(dict(do=do, **more)).encode() + b"\n")
            self.process.stdin.flush()
            answer = json.loads(self.line())
        except (OSError, json.JSONDecodeError) as e:
            raise Failure(f"ended at {do}: {e}" + self.last()) from e
        if not answer["ok"]:
            raise Failure(answer.get("left_out") or "failed at %s: %s" % (do, answer["error"]))
        return answer

    def line(self):
        until = time.monotonic() + self.timeout
        out = self.process.stdout
        while b"\n" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise Failure(f"no answer in {self.timeout:.0f} s")
            part = os.read(out.fileno(), 1 << 16)
            if not part:
                raise Failure("ended" + self.last())
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def last(self):
        """The last line of what the process said to people."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return ": " + lines[-1] if lines else ""

    def load(self, weights, data):
        self.facts = self.ask("load", weights=weights, data=data)
        self.startup = time.perf_counter() - self.begun

    def processor_seconds(self):
        """Processor time of the process so far, to a hundredth of a second; None where the system does not say."""
        try:
            with open(f"/proc/{self.process.pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        """Largest resident memory so far."""
        try:
            with open(f"/proc/{self.process.pid}/status") as f:
                return next(int(line.split()[1]) / 1000 for line in f if line.startswith("VmHWM"))
        except (OSError, StopIteration):
            return None

    def block(self, count):
        """Seconds of one update, by the clock and of the processor, over count updates."""
        before = self.processor_seconds()
        answer = self.ask("update", count=count)
        after = self.processor_seconds()
        cpu = None if before is None or after is None else (after - before) / answer["count"]
        return answer["seconds"] / answer["count"], cpu

    def close(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.process.stdout.close()
        self.errors.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Comparison:
    """One case, one rule, one number of threads."""

    def __init__(self, a, case, rule, threads, folder):
        self.a, self.case, self.rule, self.threads, self.folder = a, case, rule, threads, folder
        self.left_out, self.workers, self.results = {}, {}, {}
        self.chunk = lambda name: SCAN if name == "jax-scan" else 1

    def path(self, name):
        return os.path.join(self.folder, name.replace(" ", "-").replace(",", ""))

    def prospect(self, threads=1, precision="f32", name=OURS, engine="compiled"):
        command = [self.a.prospect, "bench", "--serve", "--cases", self.case, "--rule", self.rule, "--engine", engine]
        command += ["--threads", str(threads), "--precision", precision]
        if self.a.data_dir:
            command += ["--data-dir", self.a.data_dir]
        return Worker(name, command, threads, self.a.processors, self.a.timeout)

    def peer(self, name):
        script, flags, folder = PEERS[name]
        if not script:
            return self.prospect(self.threads, name=name, engine="xla")
        python = os.path.join(self.a.environment, folder, "bin", "python")
        if not os.path.exists(python):
            raise Failure("not installed: no " + os.path.join(folder, "bin", "python") + " in the environment")
        command = [python, os.path.join(HERE, script), "--case", self.case, "--rule", self.rule, "--threads", str(self.threads)]
        return Worker(name, command + flags, self.threads, self.a.processors, self.a.timeout)

    def reference(self):
        """Writes weights, data, and gradient and weights after some updates in double precision."""
        self.weights, self.data = self.path("initial"), self.path("data")
        w = self.prospect()
        w.ask("export", weights=self.weights, data=self.data)
        w.close()
        w = self.prospect(precision="f64")
        w.load(self.weights, self.data)
        w.ask("gradient", path=self.path("gradient"))
        w.ask("update", count=checked(self.case, self.rule))
        w.ask("weights", path=self.path("after"))
        w.close()

    def start(self, name):
        if name in (OURS, ONE):
            return self.prospect(self.threads if name == OURS else 1, name=name)
        return self.peer(name)

    def retrace(self, name, r, ours):
        """Compares two updates by Adam one at a time: the gradient of each at the weights where the program itself makes it, and
        the steps that Adam takes for the program's own gradients. See README.md."""
        first, second = self.path(name + ".first"), self.path(name + ".second")
        data = self.path("second data")
        exchanged(self.data, data)
        worker = self.start(name)
        try:
            worker.load(self.weights, self.data)
            worker.ask("update", count=1)
            worker.ask("weights", path=first)
            worker.load(first, data)
            worker.ask("gradient", path=second)
        finally:
            worker.close()
        reference = self.prospect(precision="f64")
        try:
            reference.load(first, data)
            reference.ask("gradient", path=self.path("second"))
        finally:
            reference.close()
        r["second_error"] = distance(self.path("second"), second)
        steps = self.path(name + ".steps")
        adam(self.weights, [self.path(name + ".gradient"), second], CASES[self.case]["rate"], steps)
        r["step_error"] = distance(steps, self.path(name + ".after"), self.weights, self.path("gradient"))
        r["accepted"] = table.accepted(r["second_error"], ours) and r["step_error"] <= STEPS

    def begin(self, name):
        """Starts a worker, measures its first update and compares what it computes."""
        worker = None
        try:
            worker = self.start(name)
            worker.load(self.weights, self.data)
            r = dict(startup_s=worker.startup, versions=worker.facts.get("versions"))
            chunk = self.chunk(name)
            answer = worker.ask("update", count=chunk)
            r |= dict(first_update_s=answer["seconds"], first_updates=answer["count"])
            rest = checked(self.case, self.rule) - chunk
            if rest > 0:
                worker.ask("update", count=rest)
            worker.ask("weights", path=self.path(name + ".after"))
            worker.ask("gradient", path=self.path(name + ".gradient"))
            r["gradient_error"] = distance(self.path("gradient"), self.path(name + ".gradient"))
            r["after_error"] = distance(self.path("after"), self.path(name + ".after"), self.weights, self.path("gradient"))
            r["updates_checked"] = checked(self.case, self.rule)
            ours = self.results[OURS]["gradient_error"] if OURS in self.results else r["gradient_error"]
            r["accepted"] = table.accepted(r["gradient_error"], ours) and r["after_error"] <= AFTER
            if table.accepted(r["gradient_error"], ours) and not r["accepted"] and (self.case, self.rule) in LONG:
                self.retrace(name, r, ours)
            self.results[name] = r
            if not r["accepted"]:
                again = ", of the second update %.1e, its steps by %.1e" % (r["second_error"], r["step_error"]) if "step_error" in r else ""
                raise Failure("computes another update: gradient off by %.1e, weights by %.1e" % (r["gradient_error"], r["after_error"]) + again)
            self.workers[name] = worker
            say(f"  {name}: gradient off by {r['gradient_error']:.1e}, first update {r['first_update_s']:.2f} s")
        except Failure as e:
            self.left_out[name] = str(e)
            say(f"  {name}: {e}")
            if worker:
                worker.close()

    def measure(self):
        """Takes turns: ours, a peer, ours, the next peer ... and ours."""
        self.reference()
        names = [OURS] + ([ONE] if self.threads > 1 else []) + [n for n in self.a.peers if n in PEERS]
        for name in names:
            self.begin(name)
        if OURS not in self.workers:
            return
        counts = {}
        for name, w in self.workers.items():
            chunk = self.chunk(name)
            one = w.block(chunk)[0]  # the updates compared have warmed it up
            if one * chunk < self.a.seconds:
                one = min(one, w.block(chunk)[0], w.block(chunk)[0])
            counts[name] = max(1, round(self.a.seconds / one / chunk)) * chunk
        ours, others = self.workers[OURS], [n for n in self.workers if n != OURS]
        triples = {n: [] for n in others}
        lone, peaks = [], []
        for r in range(self.a.blocks):
            peaks.append(ours.ask("peak", count=self.threads)["gflops"])
            turn = others[r % len(others) :] + others[: r % len(others)] if others else []
            before = ours.block(counts[OURS])
            lone.append(before)
            for name in turn:
                if name not in self.workers:
                    continue
                try:
                    block = self.workers[name].block(counts[name])
                except Failure as e:
                    self.left_out[name] = str(e)
                    self.workers.pop(name).close()
                    continue
                after = ours.block(counts[OURS])
                triples[name].append((before, block, after))
                lone.append(after)
                before = after
        self.finish(lone, triples, peaks)

    def finish(self, lone, triples, peaks):
        r = self.results[OURS]
        r |= summary(lone)
        r |= dict(flops=self.workers[OURS].facts["flops"], peak_gflops=max(peaks))
        r["of_peak"] = r["flops"] / min(t for t, _ in lone) / 1e9 / r["peak_gflops"]
        for name, blocks in triples.items():
            if name in self.left_out or not blocks:
                continue
            p = self.results[name]
            p |= summary([b[1] for b in blocks])
            p["ratios"] = table.adjacent([tuple(b[0] for b in triple) for triple in blocks])
            if all(b[1] for triple in blocks for b in triple):
                p["processor_ratios"] = table.adjacent([tuple(b[1] for b in triple) for triple in blocks])
        for name, w in self.workers.items():
            self.results[name]["memory_mb"] = w.memory_mb()

    def close(self):
        for w in self.workers.values():
            w.close()

    def facts(self):
        kept = {n: r for n, r in self.results.items() if n not in self.left_out}
        return dict(case=self.case, rule=self.rule, threads=self.threads, results=kept, left_out=self.left_out, load=os.getloadavg())


def summary(blocks):
    """The times of one update in blocks, in milliseconds, and of the processor."""
    wall = [1e3 * t for t, _ in blocks]
    middle, low, high = table.spread(wall)
    out = dict(ms=middle, ms_quartiles=[low, high], ms_best=min(wall), blocks=len(wall))
    cpu = [1e3 * c for _, c in blocks if c]
    return out | (dict(processor_ms=table.spread(cpu)[0]) if cpu else {})


def distance(reference, other, start=None, by=None):
    """|a-b| / |a| of all arrays together; with start, of their changes since it; with by, each element counted as much as that
    of by. Adam gives a weight whose gradient is only rounding the same step as any other, so weights count by their gradient."""
    import numpy as np
    from safetensors.numpy import load_file

    a, b = load_file(reference), load_file(other)
    if set(a) != set(b):
        raise Failure("other parameters than ours: %s" % sorted(set(a) ^ set(b))[:3])
    zero = load_file(start) if start else {}
    count = load_file(by) if by else {}
    apart = size = 0.0
    for name, x in a.items():
        y = b[name].astype(np.float64)
        if x.shape != y.shape:
            raise Failure(f"{name} of another shape: {y.shape}, want {x.shape}")
        apart += float(((count.get(name, 1) * (x - y)) ** 2).sum())
        size += float(((count.get(name, 1) * (x - zero.get(name, 0))) ** 2).sum())
    return (apart / size) ** 0.5


def exchanged(data, path):
    """Writes the batches with the second one first."""
    import numpy as np
    from safetensors.numpy import load_file, save_file

    save_file({n: np.ascontiguousarray(np.concatenate([x[1:], x[:1]])) for n, x in load_file(data).items()}, path)


def adam(weights, gradients, rate, path):
    """Writes the weights after Adam's steps for the gradients, beginning with moments of zero (Kingma and Ba 2015)."""
    import numpy as np
    from safetensors.numpy import load_file, save_file

    steps = [load_file(g) for g in gradients]
    out = {}
    for name, w in load_file(weights).items():
        w, m, v = w.astype(np.float64), 0.0, 0.0
        for t, g in enumerate((s[name].astype(np.float64) for s in steps), 1):
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        out[name] = w
    save_file(out, path)


def say(text):
    print(text, file=sys.stderr, flush=True)


def report(comparisons, a, facts):
    """The tables as Markdown."""
    out = [f"{facts['processor']}, {facts['system']}; {a.blocks} rounds of blocks of {a.seconds:g} s; " + versions(comparisons) + "\n"]
    for threads in a.threads:
        rows = [c for c in comparisons if c["threads"] == threads]
        names = ([ONE] if threads > 1 else []) + a.peers
        out.append(f"### {threads} thread{'s' if threads > 1 else ''}\n")
        out.append("Times of one update against Prospect's, above 1 = Prospect is faster: median and quartiles of the blocks' ratios.\n")
        head = ["case", "rule", "Prospect, ms", "of peak"] + names
        out.append(table.markdown(head, [cells(c, names, "ratios") for c in rows]))
        # Threads that wait for one another spin, which is processor time too.
        if threads == 1 and any("processor_ratios" in r for c in rows for r in c["results"].values()):
            out.append("The same of processor time, which others on the machine disturb less:\n")
            out.append(table.markdown(head, [cells(c, names, "processor_ratios") for c in rows]))
        if threads > 1:
            out += gains(rows, comparisons)
        out.append("Start-up, s / first update, s / largest memory, MB:\n")
        out.append(table.markdown(head[:2] + [OURS] + names, [first(c, [OURS] + names) for c in rows]))
        out.append("Distance of the gradient from that in double precision / of the weights' change after some updates, by their gradients:\n")
        out.append(table.markdown(head[:2] + [OURS] + names, [agreement(c, [OURS] + names) for c in rows]))
        notes = {}
        for c in rows:
            for name, why in c["left_out"].items():
                notes.setdefault((name, why), []).append(f"{c['case']} {c['rule']}")
        out += [f"- {name} is left out of {', '.join(where)}: {why}." for (name, why), where in notes.items()]
        out.append("")
    return "\n".join(out)


def versions(comparisons):
    found = {}
    for c in comparisons:
        for name, r in c["results"].items():
            if r.get("versions"):
                found[name] = ", ".join(f"{k} {v}" for k, v in r["versions"].items())
    return "; ".join(f"{name}: {v}" for name, v in found.items())


def cells(c, names, key):
    ours = c["results"].get(OURS, {})
    row = [c["case"], c["rule"]]
    if key == "ratios":
        row += [table.number(ours["ms"]) if "ms" in ours else "-", f"{100 * ours['of_peak']:.0f} %" if "of_peak" in ours else "-"]
    else:
        row += [table.number(ours["processor_ms"]) if "processor_ms" in ours else "-", ""]
    return row + [table.ratio(c["results"][n][key]) if key in c["results"].get(n, {}) else "-" for n in names]


def first(c, names):
    def cell(r):
        if "first_update_s" not in r:
            return "-"
        of = f" ({r['first_updates']})" if r["first_updates"] > 1 else ""
        memory = table.number(r["memory_mb"]) if r.get("memory_mb") else "-"
        return f"{table.number(r['startup_s'])} / {table.number(r['first_update_s'])}{of} / {memory}"

    return [c["case"], c["rule"]] + [cell(c["results"].get(n, {})) for n in names]


def agreement(c, names):
    def cell(r):
        if "after_error" not in r:
            return "-"
        again = f" (second gradient {r['second_error']:.0e}, steps {r['step_error']:.0e})" if "step_error" in r else ""
        return f"{r['gradient_error']:.0e} / {r['after_error']:.0e}" + again

    return [c["case"], c["rule"]] + [cell(c["results"].get(n, {})) for n in names]


def gains(rows, comparisons):
    """What the threads give, against what the processors can give."""
    lines = []
    for c in rows:
        one = next((o for o in comparisons if o["threads"] == 1 and (o["case"], o["rule"]) == (c["case"], c["rule"])), None)
        r = c["results"].get(ONE, {}).get("ratios")
        if r is None or one is None or "peak_gflops" not in one["results"].get(OURS, {}):
            continue
        peaks = c["results"][OURS]["peak_gflops"] / one["results"][OURS]["peak_gflops"]
        gain = table.spread(r)[0]
        lines.append([c["case"], c["rule"], table.number(gain), table.number(peaks), f"{100 * gain / peaks:.0f} %"])
    if not lines:
        return []
    head = ["case", "rule", "gain of Prospect's threads", "gain of the multiply-add peak", "of the peak's"]
    return ["What the threads give, against what they can give:\n", table.markdown(head, lines)]


def machine():
    name = platform.processor()
    try:
        with open("/proc/cpuinfo") as f:
            name = next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return dict(processor=name, processors=os.cpu_count(), system=f"{platform.system()} {platform.machine()}", python=platform.python_version())


def choices(known):
    def split(text):
        names = [n for n in text.split(",") if n]
        for n in names:
            if n not in known:
                raise argparse.ArgumentTypeError(f"got {n}, want some of {', '.join(known)}")
        return names

    return split


def positive(text):
    numbers = [int(n) for n in text.split(",")]
    if not numbers or min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"got {text}, want numbers of threads, as in 1,2")
    return numbers


def arguments():
    p = argparse.ArgumentParser(prog="bench/peers/run", description=__doc__)
    p.add_argument("--cases", type=choices(list(CASES)), default=list(CASES), help="cases, separated by commas (all)")
    p.add_argument("--rules", type=choices(["pc", "bp"]), default=["pc", "bp"], help="learning rules (pc,bp)")
    p.add_argument("--peers", type=choices(list(PEERS)), default=list(PEERS), help="peers (all)")
    p.add_argument("--threads", type=positive, default=[1], help="numbers of threads (1)")
    p.add_argument("--blocks", type=int, default=10, help="rounds: in each every peer has a block between two of ours (%(default)s)")
    p.add_argument("--seconds", type=float, default=1, help="length of a block; at least one update (%(default)s)")
    p.add_argument("--processors", type=lambda s: [int(n) for n in s.split(",")], help="processors to pin to, as many as threads (the first)")
    p.add_argument("--environment", default=sys.prefix, help="virtual environment of bench/peers/install (that of this Python)")
    p.add_argument("--prospect", help="the command prospect (built by go build)")
    p.add_argument("--data-dir", default=os.environ.get("PROSPECT_DATA"), help="folder with fashion-mnist (drawn digits without it)")
    p.add_argument("--timeout", type=float, default=600, help="seconds to wait for one answer (%(default)s)")
    p.add_argument("--json", help="file for everything measured")
    p.add_argument("--markdown", help="file for the tables (standard output too)")
    a = p.parse_args()
    if a.blocks < 1 or not a.seconds > 0:
        p.error("--blocks and --seconds, want more than 0")
    if a.processors is None:
        a.processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(max(a.threads)))
    if len(a.processors) < max(a.threads):
        p.error(f"--processors, got {len(a.processors)}, want at least {max(a.threads)}, one a thread")
    return a


def write(path, text):
    """A reader finds the old file or the whole new one."""
    with open(path + ".part", "w") as f:
        f.write(text)
    os.replace(path + ".part", path)


def main():
    a = arguments()
    with tempfile.TemporaryDirectory() as folder:
        if not a.prospect:
            a.prospect = os.path.join(folder, "prospect")
            subprocess.run(["go", "build", "-o", a.prospect, "./cmd/prospect"], cwd=ROOT, check=True)
        facts = machine() | dict(began=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), load_before=os.getloadavg())
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
        facts["commit"] = commit.stdout.strip()
        comparisons = []
        for threads in a.threads:
            for case in a.cases:
                for rule in a.rules:
                    say(f"{case} {rule}, threads {threads}")
                    here = os.path.join(folder, f"{case}-{rule}-{threads}")
                    os.mkdir(here)
                    c = Comparison(a, case, rule, threads, here)
                    try:
                        c.measure()
                    except Failure as e:
                        c.left_out[OURS] = str(e)
                        say(f"  {OURS}: {e}")
                    finally:
                        c.close()
                    comparisons.append(c.facts())
                    if a.json:
                        write(a.json, json.dumps(facts | dict(comparisons=comparisons), indent=1) + "\n")
        facts["load_after"] = os.getloadavg()
        text = report(comparisons, a, facts)
        print(text)
        if a.markdown:
            write(a.markdown, text)
        if a.json:
            write(a.json, json.dumps(facts | dict(comparisons=comparisons), indent=1) + "\n")
    if any(OURS in c["left_out"] for c in comparisons):
        sys.exit(1)


if __name__ == "__main__":
    main()
