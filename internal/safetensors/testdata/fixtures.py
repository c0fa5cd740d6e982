"""Writes the files of this folder as Python writes them, and checks files of ours.

    python3 fixtures.py write       python.safetensors, python.json, unaligned.safetensors,
                                    linear.safetensors, linear.json
    python3 fixtures.py halves DST  every F16 and BF16 beside its F32
    python3 fixtures.py copy SRC DST  reads SRC with the package and writes it again

Needs numpy and safetensors (0.8 wrote what is here).
"""

import json
import struct
import sys

import numpy as np
import safetensors
from safetensors import safe_open, serialize_file
from safetensors.numpy import load_file, save_file


def save_typed(typed, path, metadata=None):
    """Saves arrays under types that numpy lacks: name -> (type, array of the bits)."""
    if hasattr(safetensors, "TensorSpec"):
        raw = {n: safetensors.TensorSpec(dtype=t, shape=a.shape, data_ptr=a.ctypes.data, data_len=a.nbytes) for n, (t, a) in typed.items()}
    else:  # before 0.8
        raw = {n: {"dtype": t, "shape": a.shape, "data": a.tobytes()} for n, (t, a) in typed.items()}
    serialize_file(raw, path, metadata)


def fixture():
    """Tensors by name: (type in the file, array that holds their bits, values)."""
    half = np.array([0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-24, 2.0**-14], np.float16)
    wide = np.array([[1.0, -3.140625], [2.0**-133, 3.3895313892515355e38]], np.float32)
    arrays = {
        "half": half,
        "bool": np.array([[True, False], [False, True]]),
        "i8": np.array([-128, 127], np.int8),
        "i16": np.array([-32768, 32767], np.int16),
        "i32": np.array([-(2**31), 2**31 - 1], np.int32),
        "i64": np.array([-(2**63), 2**63 - 1], np.int64),
        "u8": np.array([0, 255], np.uint8),
        "u16": np.array([0, 65535], np.uint16),
        "u32": np.array([0, 2**32 - 1], np.uint32),
        "u64": np.array([0, 2**64 - 1], np.uint64),
        "scalar": np.array(-1.5, np.float32),
        "count": np.array(7, np.int64),
        "none": np.zeros((0, 3), np.float32),
        "nothing": np.zeros((2, 0), np.float16),
        "double": np.array([[0.1, 1e300]], np.float64),
        "model.layer.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    }
    names = {"float16": "F16", "float32": "F32", "float64": "F64", "bool": "BOOL"}
    expected = {}
    for name, a in arrays.items():
        kind = names.get(str(a.dtype), str(a.dtype).replace("uint", "U").replace("int", "I"))
        expected[name] = {"dtype": kind, "shape": a.shape, "values": [str(v) for v in a.reshape(-1).tolist()]}
    expected["brain"] = {"dtype": "BF16", "shape": wide.shape, "values": [str(v) for v in wide.reshape(-1).tolist()]}
    bits = (wide.view(np.uint32) >> 16).astype(np.uint16)
    return arrays, {"brain": bits}, expected


def write():
    arrays, brain, expected = fixture()
    metadata = {"format": "pt", "": "an empty key", "Grüße\n": '"quoted" \\ \t \u0000 😀'}
    typed = {n: (str(a.dtype), a) for n, a in arrays.items()}
    typed.update({n: ("bfloat16", a) for n, a in brain.items()})
    typed["eighth"] = ("float8_e4m3fn", np.array([0x38, 0x40], np.uint8))  # has no place in weights
    save_typed(typed, "python.safetensors", metadata)
    with open("python.json", "w") as f:
        json.dump({"metadata": metadata, "tensors": expected}, f, indent="\t", sort_keys=True)
        f.write("\n")
    # A header of odd length, as files of other writers have.
    head = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}\n'
    head += b" " * (1 - len(head) % 2)
    with open("unaligned.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + b"\x07" + np.array([1.5, -2], "<f4").tobytes())
    assert load_file("unaligned.safetensors")["w"].tolist() == [1.5, -2]
    linear()


def linear():
    """Two torch.nn.Linear of BF16 and F64, as a state_dict holds them, and what they compute."""
    rng = np.random.default_rng(1)
    w1 = (rng.standard_normal((3, 2)).astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
    b1 = rng.standard_normal(3).astype(np.float16)
    w2, b2 = rng.standard_normal((3, 3)), rng.standard_normal(3)
    x = rng.standard_normal((4, 2)).astype(np.float32)
    y = np.tanh(x.astype(np.float64) @ w1.T + b1) @ w2.T + b2
    bits = (w1.view(np.uint32) >> 16).astype(np.uint16)
    save_typed({
        "model.fc1.weight": ("bfloat16", bits),
        "model.fc1.bias": ("float16", b1),
        "model.fc2.weight": ("float64", w2),
        "model.fc2.bias": ("float64", b2),
        "model.norm.num_batches_tracked": ("int64", np.array(7)),
        "model.mask": ("bool", np.ones((3, 3), bool)),
        "head.weight": ("float32", np.zeros((0, 3), np.float32)),
    }, "linear.safetensors", {"format": "pt"})
    with open("linear.json", "w") as f:
        json.dump({"x": x.reshape(-1).tolist(), "y": y.reshape(-1).tolist()}, f)
        f.write("\n")


def halves(path):
    bits = np.arange(65536, dtype=np.uint16)
    f16 = bits.view(np.float16)
    save_typed({
        "f16": ("float16", f16),
        "f16 as f32": ("float32", f16.astype(np.float32)),
        "bf16": ("bfloat16", bits),
        "bf16 as f32": ("float32", (bits.astype(np.uint32) << 16).view(np.float32)),
    }, path)


def copy(src, dst):
    with safe_open(src, "np") as f:
        metadata = f.metadata()
    save_file(load_file(src), dst, metadata)


if __name__ == "__main__":
    {"write": write, "halves": halves, "copy": copy}[sys.argv[1]](*sys.argv[2:])
