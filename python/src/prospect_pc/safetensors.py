"""A reader and a writer of safetensors files, in NumPy alone.

A file is the length of its header (8 bytes), the header as JSON, and the tensors one after
another. NumPy has no bfloat16: such tensors are widened to float32, which is exact.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple, Union

import numpy as np

_types = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_names = {np.dtype(code): name for name, code in _types.items() if name != "BF16"}

PathLike = Union[str, "os.PathLike[str]"]


def load(path: PathLike) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    """Return the tensors of a file by their names, and its metadata."""
    raw = Path(path).read_bytes()
    if len(raw) < 8:
        raise ValueError(f"{path}: {len(raw)} bytes are no safetensors file")
    (length,) = struct.unpack("<Q", raw[:8])
    if length > len(raw) - 8:
        raise ValueError(f"{path}: header of {length} bytes, got {len(raw) - 8}; the file is cut off or no safetensors file")
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in _types:
            raise ValueError(f"{path}: {name}: type, got {entry['dtype']}, want one of {', '.join(_types)}")
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        if not 8 + length <= first <= last <= len(raw):
            raise ValueError(f"{path}: {name}: bytes {first} to {last}, got {len(raw)}; the file is cut off")
        values = np.frombuffer(raw[first:last], _types[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        tensors[name] = values.reshape(entry["shape"]).copy()
    return tensors, metadata


def save(path: PathLike, tensors: Mapping[str, np.ndarray], metadata: Optional[Mapping[str, str]] = None) -> None:
    """Write tensors by their names."""
    header: dict = {"__metadata__": dict(metadata)} if metadata else {}
    parts, at = [], 0
    for name, values in tensors.items():
        values = np.asarray(values)
        dtype = values.dtype.newbyteorder("<")
        if dtype not in _names:
            raise ValueError(f"{path}: {name}: type, got {values.dtype}, want one of {', '.join(str(d) for d in _names)}")
        part = values.astype(dtype).tobytes()
        header[name] = {"dtype": _names[dtype], "shape": values.shape, "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    temporary = Path(f"{os.fspath(path)}.tmp")
    temporary.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    os.replace(temporary, path)
