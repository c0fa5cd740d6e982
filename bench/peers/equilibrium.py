"""Compares the time to an equilibrium of Prospect, in error coordinates by Anderson's method, with that of Euler's method by hand in
JAX, with a fixed number of steps of the best size. From the data to activities whose energy is certified to be within a fraction of its
minimum, for every sample. In turns, on the same weights and data. See README.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import run
import table

CASES = ["b", "c", "residual16", "residual"]


def compare(a, case, updates, folder):
    """A dictionary of what was measured of one case after some weight updates."""
    at = lambda name: os.path.join(folder, name)
    common = [a.prospect, "bench", "--serve", "--cases", case, "--rule", "pc", "--threads", "1"] + (["--data-dir", a.data_dir] if a.data_dir else [])
    ours = run.Worker("prospect", common, 1, a.processors, a.timeout)
    script = os.path.join(run.HERE, "jax_equilibrium.py")
    python = os.path.join(a.environment, "bin", "python")
    jax = run.Worker("jax", [python, script, "--case", case, "--rule", "pc"], 1, a.processors, a.timeout)
    try:
        ours.ask("export", weights=at("initial"), data=at("data"))
        ours.load(at("initial"), at("data"))
        weights = at("initial")
        if updates:
            ours.ask("learn", count=updates)
            weights = at("learned")
            ours.ask("weights", path=weights)
            ours.load(weights, at("data"))
        jax.load(weights, at("data"))
        found = jax.ask("scan", tolerance=a.tolerance, most=a.most, batches=a.batches)
        ours.ask("activities", tolerance=a.tolerance, path=at("activities"))
        gap = jax.ask("gap", path=at("activities"), batches=a.batches)["gap"]
        run.say(f"  jax: {found['steps']} steps of {found['step']:.3g}, reached: {found['reached']}; largest gap of ours {gap:.2g}")
        part = min(found["steps"], a.part)  # of a long relaxation, whose time is proportional to its steps
        answers = dict(ours=ours.ask("relax", count=2, tolerance=a.tolerance), jax=jax.ask("relax", count=1, steps=part))
        counts = {n: max(1, round(a.seconds * r["count"] / r["seconds"])) for n, r in answers.items()}
        scale = found["steps"] / part

        def block(worker, name, factor, **more):
            before = worker.processor_seconds()
            answer = worker.ask("relax", count=counts[name], tolerance=a.tolerance, **more)
            after = worker.processor_seconds()
            cpu = (after - before) / answer["count"] * factor if before is not None else None
            return answer["seconds"] / answer["count"] * factor, cpu

        triples, before = [], block(ours, "ours", 1)
        for _ in range(a.blocks):
            theirs = block(jax, "jax", scale, steps=part)
            after = block(ours, "ours", 1)
            triples.append((before, theirs, after))
            before = after
        wall = table.adjacent([tuple(b[0] for b in t) for t in triples])
        out = dict(case=case, updates=updates, step=found["step"], steps=found["steps"], reached=found["reached"], gap=gap,
                   passes=answers["ours"]["passes"], ratios=wall, estimated_from=part,
                   ours_ms=1e3 * table.spread([t[2][0] for t in triples])[0], jax_ms=1e3 * table.spread([t[1][0] for t in triples])[0])  # fmt: skip
        if all(b[1] for t in triples for b in t):
            out["processor_ratios"] = table.adjacent([tuple(b[1] for b in t) for t in triples])
            out["ours_processor_ms"] = 1e3 * table.spread([t[2][1] for t in triples])[0]
            out["jax_processor_ms"] = 1e3 * table.spread([t[1][1] for t in triples])[0]
        return out
    finally:
        ours.close()
        jax.close()


def report(results, tolerance):
    """The table, as Markdown."""
    head = ["case", "updates", "JAX: step size", "steps", "ms", "Prospect: passes", "ms", "largest gap", "times faster", "by processor time"]
    rows = []
    for r in results:
        over = "" if r["reached"] else "> "
        cpu = table.ratio(r["processor_ratios"]) if "processor_ratios" in r else "-"
        rows.append([r["case"], str(r["updates"]), table.number(r["step"]), over + str(r["steps"]), over + table.number(r.get("jax_processor_ms", r["jax_ms"])),
                     table.number(r["passes"]), table.number(r.get("ours_processor_ms", r["ours_ms"])), f"{r['gap']:.1e}",
                     over + table.ratio(r["ratios"]), over + cpu])  # fmt: skip
    return table.markdown(head, rows) + f"\nFrom the data to a certified relative energy gap of {tolerance:g}; milliseconds of the processor where the system tells them.\n"


def main():
    p = argparse.ArgumentParser(prog="bench/peers/equilibrium", description=__doc__)
    p.add_argument("--cases", type=run.choices(CASES), default=CASES, help="cases, separated by commas (%s)" % ",".join(CASES))
    p.add_argument("--updates", type=lambda s: [int(n) for n in s.split(",")], default=[0, 1000], help="weight updates before (0,1000)")
    p.add_argument("--tolerance", type=float, default=1e-3, help="fraction of the energy (%(default)s)")
    p.add_argument("--most", type=int, default=4096, help="most steps of Euler's method (%(default)s)")
    p.add_argument("--part", type=int, default=64, help="steps of it that are measured, if it takes more (%(default)s)")
    p.add_argument("--batches", type=int, default=4, help="batches for which the steps have to be enough (%(default)s)")
    p.add_argument("--blocks", type=int, default=9, help="rounds (%(default)s)")
    p.add_argument("--seconds", type=float, default=1, help="length of a block; at least one relaxation (%(default)s)")
    p.add_argument("--processors", type=lambda s: [int(n) for n in s.split(",")], help="processor to pin to (the first)")
    p.add_argument("--environment", default=sys.prefix, help="virtual environment of bench/peers/install (that of this Python)")
    p.add_argument("--prospect", help="the command prospect (built by go build)")
    p.add_argument("--data-dir", default=os.environ.get("PROSPECT_DATA"), help="folder with fashion-mnist (drawn digits without it)")
    p.add_argument("--timeout", type=float, default=1800, help="seconds to wait for one answer (%(default)s)")
    p.add_argument("--json", help="file for everything measured")
    a = p.parse_args()
    if a.processors is None:
        a.processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        if not a.prospect:
            a.prospect = os.path.join(folder, "prospect")
            subprocess.run(["go", "build", "-o", a.prospect, "./cmd/prospect"], cwd=run.ROOT, check=True)
        for case in a.cases:
            for updates in a.updates:
                run.say(f"{case} after {updates} updates")
                here = os.path.join(folder, f"{case}-{updates}")
                os.mkdir(here)
                results.append(compare(a, case, updates, here))
                if a.json:
                    run.write(a.json, json.dumps(run.machine() | dict(results=results), indent=1) + "\n")
    print(report(results, a.tolerance))


if __name__ == "__main__":
    main()
