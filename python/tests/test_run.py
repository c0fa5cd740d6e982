import json

import numpy as np
import pytest
from conftest import points

import prospect_pc


def forward(weights, x):
    """The feedforward pass of a multilayer perceptron with one hidden node."""
    h = x @ weights["h1/weight"] + weights["h1/bias"]
    return np.tanh(h) @ weights["y/1/weight"] + weights["y/1/bias"]


def standardized(run, x):
    """Samples as the network sees them, by what the manifest says."""
    s = run.manifest["scalings"]["samples"]
    return (x - np.array(s["mean"])) / np.array(s["std"])


def test_train(run):
    assert run.settings["model"] == "mlp:6-12-3"
    assert run.settings["lr"] == 0.02
    metrics = run.metrics
    assert metrics["epoch"].tolist() == [1, 2, 3, 4]
    assert metrics["test_error"][-1] < 0.05
    assert metrics["energies/y"].shape == (4,)
    assert np.allclose(metrics["energies/h1"] + metrics["energies/y"], metrics["train_energy"])
    assert {name: w.shape for name, w in run.weights.items()} == {
        "h1/weight": (6, 12),
        "h1/bias": (12,),
        "y/1/weight": (12, 3),
        "y/1/bias": (3,),
    }
    assert "4 of 4 epochs" in repr(run)
    assert prospect_pc.Run(run.out).history == run.history


def test_events(folder):
    seen = []
    run = prospect_pc.train("glyphs", model="mlp:784-8-10", rule="bp", epochs=2, limit_batches=5, on_event=seen.append)
    assert [e["event"] for e in seen] == ["epoch", "epoch", "done"]
    assert run.out.parent == folder / "runs"
    assert run.history[1]["test_error"] == seen[1]["test_error"]


def test_predictions_are_those_of_the_weights(run):
    """Predictions equal NumPy's on samples that are standardised by hand."""
    x, y = points(50, seed=2)
    x_train = points(900)[0].astype(np.float64)
    scaled = (x - x_train.mean(axis=0)) / x_train.std(axis=0)
    got = run.predict(x)
    assert got.dtype == np.float32 and got.shape == (50, 3)
    assert np.allclose(got, forward(run.weights, scaled), atol=1e-4)
    labels = run.classify(x)
    assert set(labels) <= {3, 5, 9}
    assert np.mean(labels == y) > 0.9


def test_evaluate(run):
    x, y = points(200, seed=1)
    stored = run.evaluate()
    given = run.evaluate((x, y))
    assert stored["samples"] == given["samples"] == 200
    assert stored["test_error"] == given["test_error"] == np.mean(run.classify(x) != y)
    assert given["test_squared_error"] == pytest.approx(stored["test_squared_error"], rel=1e-5)
    assert given["data"] == "arrays"


def test_evaluate_one_class(run):
    """Labels keep their classes, though not all are there."""
    x, y = points(200, seed=3)
    only = y == 9
    assert run.evaluate((x[only], y[only]))["test_error"] == np.mean(run.classify(x[only]) != 9)


def test_evaluate_weights(run):
    weights = {name: np.zeros_like(w) for name, w in run.weights.items()}
    weights["y/1/bias"] = np.array([0, 1, 0], np.float32)
    got = run.evaluate(weights=weights)
    y = points(200, seed=1)[1]
    assert got["test_error"] == np.mean(y != 5)
    assert run.evaluate()["test_error"] != got["test_error"]


def test_query(run):
    x = points(4, seed=4)[0]
    answer = run.query({"x": x}, read=["y", "h1"], predict="y", energy=True)
    assert answer["samples"] == 4 and answer["converged"]
    assert answer["nodes"]["h1"].shape == (4, 12)
    assert np.allclose(answer["nodes"]["y"], forward(run.weights, standardized(run, x)), atol=1e-4)
    assert np.allclose(answer["predictions"]["y"], answer["nodes"]["y"], atol=1e-4)
    assert answer["energies"].shape == (4,) and np.allclose(answer["energies"], 0, atol=1e-5)
    assert answer["classes"].dtype == np.int64


def test_query_clamps_both_ends(run):
    """With the input and a wrong output clamped the hidden node settles where the energy is least."""
    x = points(1, seed=5)[0]
    target = np.array([[0.0, 1.0, 0.0]])
    answer = run.query({"x": x, "y": target}, read="h1", energy=True, tolerance=1e-5)
    w = run.weights
    prediction = standardized(run, x) @ w["h1/weight"] + w["h1/bias"]

    def energy(h):
        error = target - (np.tanh(h) @ w["y/1/weight"] + w["y/1/bias"])
        return 0.5 * np.sum((h - prediction) ** 2) + 0.5 * np.sum(error**2)

    h = answer["nodes"]["h1"]
    assert answer["energies"][0] == pytest.approx(energy(h), rel=1e-4)
    assert energy(h) < energy(prediction)
    for nudge in np.eye(12) * 0.05:
        assert energy(h + nudge) > energy(h) and energy(h - nudge) > energy(h)


def test_query_samples_and_scores(run):
    answer = run.query({"x": "test:0..9"}, score=True)
    assert answer["scores"].shape == (10, 3)
    assert np.array_equal(answer["scores"].argmin(axis=1), answer["classes"])
    assert answer["right"] == np.sum(answer["classes"] == answer["truth"])


def test_query_convolution(folder):
    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8)
    run = prospect_pc.train((x, np.arange(40) % 4), model="convnet:4", epochs=1, rule="pc", out="run")
    node = next(n for n in run.network["nodes"] if n["holds"] == "samples")
    hidden = run.network["nodes"][1]
    answer = run.query({node["name"]: x[:3]}, read=[hidden["name"], node["name"]])
    assert answer["nodes"][hidden["name"]].shape == (3, *hidden["shape"])
    assert np.allclose(answer["nodes"][node["name"]].reshape(3, -1), x[:3].reshape(3, -1), atol=1e-3)
    # The same pictures asked for by their place and by their pixels give the same answer.
    label = next(n["name"] for n in run.network["nodes"] if n.get("holds") == "labels")
    stored = run.query({node["name"]: "train:0..31"}, read=[node["name"], label])["nodes"]
    assert np.allclose(run.predict(np.round(stored[node["name"]])), stored[label], atol=1e-4)
    assert run.classify(x).shape == (40,)
    assert run.evaluate((x, np.arange(40) % 4))["test_error"] == np.mean(run.classify(x) != np.arange(40) % 4)


def test_named_data_are_scaled_as_by_the_reader(folder):
    run = prospect_pc.train("glyphs", model="mlp:784-4-10", rule="pc", epochs=1, limit_batches=1, out="run")
    x = run.query({"x": "test:0..1"}, read="x")["nodes"]["x"]
    pixels = run.scale(np.array([[0.0] * 784, [255.0] * 784]))
    assert x.min() == pytest.approx(pixels[0, 0], rel=1e-5)
    assert x.max() <= pixels[1, 0]
    images = np.random.default_rng(0).integers(0, 256, (30, 784))
    labels = run.classify(images)
    wrong = (labels + (np.arange(30) < 12)) % 10
    assert run.evaluate((images, wrong))["test_error"] == 0.4


def test_regression(folder):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = x @ np.array([1.0, -2.0, 0.5]) + 3
    run = prospect_pc.train({"x": x, "y": y}, model="mlp:3-16-1", rule="pc", epochs=20, lr=0.01, batch=16, out="run")
    score = run.evaluate()
    assert score["test_r2"] > 0.8 and "test_error" not in score
    again = run.evaluate((x, y))
    got = run.predict(x)[:, 0]
    assert again["samples"] == 400
    assert again["test_r2"] == pytest.approx(1 - np.sum((got - y) ** 2) / np.sum((y - y.mean()) ** 2), abs=1e-3)


def test_resume(folder):
    x, y = points(300)
    settings = dict(model="mlp:6-8-3", rule="pc", seed=3)
    whole = prospect_pc.train((x, y), epochs=4, out="whole", **settings)
    part = prospect_pc.train((x, y), epochs=2, out="part", **settings)
    part.resume(epochs=4)
    assert len(part.history) == 4
    for name, w in whole.weights.items():
        assert np.array_equal(w, part.weights[name])
    with pytest.raises(prospect_pc.UsageError, match="seed, got 4, want 3"):
        part.resume(seed=4)


def test_texts_and_files(run, folder):
    assert "195" not in run.summary() and "3 nodes, 2 predictions, 123 parameters" in run.summary()
    assert run.dot().startswith("digraph")
    assert run.plot("curves.svg").read_text().lstrip().startswith("<?xml")
    assert "<html" in run.report("page.html").read_text()


def test_half_a_line_is_no_epoch(folder):
    run = prospect_pc.train("glyphs", model="mlp:784-4-10", rule="pc", epochs=1, limit_batches=1, out="run")
    with open(run.out / "metrics.jsonl", "a") as file:
        file.write('{"epoch": 2, "epo')
    assert len(run.history) == 1
    assert json.loads((run.out / "manifest.json").read_text()) == run.manifest
