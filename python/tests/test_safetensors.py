import json
import struct

import numpy as np
import pytest

from prospect_pc import safetensors


def test_round_trip(tmp_path):
    path = tmp_path / "w.safetensors"
    rng = np.random.default_rng(0)
    tensors = {
        "a": rng.normal(size=(3, 4)),
        "b/weight": rng.normal(size=(2, 1, 5)).astype(np.float32),
        "half": rng.normal(size=7).astype(np.float16),
        "transposed": rng.normal(size=(3, 4)).astype(np.float32).T,
        "big-endian": np.arange(5, dtype=">i4"),
        "bool": np.array([True, False]),
        "scalar": np.float64(3.5),
        "empty": np.zeros((0, 3), np.float32),
    }
    safetensors.save(path, tensors, {"layout": "prospect"})
    got, metadata = safetensors.load(path)
    assert metadata == {"layout": "prospect"}
    assert got.keys() == tensors.keys()
    for name, want in tensors.items():
        assert got[name].shape == np.shape(want) and np.array_equal(got[name], want), name
        assert got[name].flags.writeable
    assert not list(tmp_path.glob("*.tmp"))


def test_bfloat16_is_widened(tmp_path):
    path = tmp_path / "w.safetensors"
    values = np.array([1.0, -2.5, 3.1415927, 1e-30, np.inf], np.float32)
    short = (values.view("<u4") >> 16).astype("<u2")
    header = json.dumps({"w": {"dtype": "BF16", "shape": [5], "data_offsets": [0, 10]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + short.tobytes())
    got = safetensors.load(path)[0]["w"]
    assert got.dtype == np.float32
    assert np.array_equal(got, (short.astype("<u4") << 16).view("<f4"))
    assert np.allclose(got, values, rtol=2**-7)


def test_agrees_with_the_package(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2], np.int64)}
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    safetensors.save(ours, tensors)
    package.save_file(tensors, theirs)
    for got in (package.load_file(ours), safetensors.load(theirs)[0]):
        assert all(np.array_equal(got[name], want) for name, want in tensors.items())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"abc", "3 bytes are no safetensors file"),
        (struct.pack("<Q", 1 << 40) + b"{}", "header of 1099511627776 bytes, got 2"),
        (struct.pack("<Q", 61) + b'{"w": {"dtype": "F32", "shape": [9], "data_offsets": [0,36]}}' + b"x", "cut off"),
        (struct.pack("<Q", 60) + b'{"w": {"dtype": "F8", "shape": [1], "data_offsets": [0, 1]}}' + b"x", "type, got F8"),
    ],
)
def test_damaged(tmp_path, raw, message):
    path = tmp_path / "w.safetensors"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=message):
        safetensors.load(path)


def test_unknown_type(tmp_path):
    with pytest.raises(ValueError, match="c: type, got complex128"):
        safetensors.save(tmp_path / "w", {"c": np.zeros(2, complex)})
