import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import points

import prospect_pc

README = Path(__file__).parent.parent / "README.md"


def test_lists():
    assert prospect_pc.version()["go"].startswith("go")
    assert prospect_pc.datasets()["glyphs"]["shape"] == [28, 28]
    assert prospect_pc.datasets()["glyphs"]["found"]
    assert prospect_pc.kinds()["rule"]["bp"]["help"]
    assert prospect_pc.kinds("solver").keys() == {"solver"}
    assert "optimizer" in prospect_pc.kinds("momentum")
    assert any(name.startswith("mlp") for name in prospect_pc.models())
    assert prospect_pc.flags("train")["batch"].startswith("Samples of a batch")
    assert "resume" not in prospect_pc.flags("train")


def test_flags_are_all_of_the_help():
    """Every flag in the help of every command that is driven is a keyword, and no other word is."""
    for command in ("train", "sweep", "query", "evaluate", "reproduce"):
        told = subprocess.run([prospect_pc.binary(), command, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        want = {m.replace("-", "_") for m in re.findall(r"^ {2,6}(?:-h, )?--([\w-]+)", told, re.M)} - {"help", "json", "npz", "resume"}
        got = prospect_pc.flags(command)
        assert set(got) == want
        assert all(text.endswith((".", ")")) for text in got.values()), got


def test_sweep(folder):
    seen = []
    x, y = points(200)
    settings = dict(model="mlp:6-4-3", rule=["pc", "bp"], lr=[0.01, 0.03], epochs=2)
    result = prospect_pc.sweep((x, y), seed=range(1, 4), out="sweep", on_event=seen.append, **settings)
    assert sum(e["event"] == "trial" for e in seen) == 12
    assert result["classes"] and len(result["configurations"]) == 4
    best = {c["rule"]: c for c in result["configurations"] if c["best"]}
    assert best.keys() == {"pc", "bp"}
    for c in result["configurations"]:
        assert c["test"].shape == c["validation"].shape == (3,)
        assert c["validation"].mean() >= best[c["rule"]]["validation"].mean()
    (comparison,) = result["comparisons"]
    assert comparison["difference"] == pytest.approx(np.mean(best["pc"]["test"] - best["bp"]["test"]))
    assert (folder / "sweep" / "table.csv").is_file()
    more = prospect_pc.sweep((x, y), seed=range(1, 5), out="sweep", resume=True, on_event=seen.append, **settings)
    assert sum(e["event"] == "trial" for e in seen) == 16
    assert more["configurations"][0]["test"].shape == (4,)


def test_reproduce(folder):
    (panel,) = prospect_pc.reproduce("fig3a", out="panels")
    assert panel["agrees"] and panel["hold"] == len(panel["claims"])


def test_readme(folder):
    """The examples of the README run, and print what it says."""
    blocks = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", README.read_text("utf-8"), re.S)
    assert len(blocks) >= 2
    for code, printed in blocks:
        got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert got.returncode == 0, got.stderr
        if printed:
            assert got.stdout == printed
