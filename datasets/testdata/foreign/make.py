"""Writes the files of this folder as NumPy, pandas, Pillow and pyarrow write them, and
expected.json with what they hold.

    python make.py        # numpy 2.4, pandas 3.1, pillow 13, pyarrow 26
"""

import io
import json
import pathlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

here = pathlib.Path(__file__).parent
expected = {}


def note(name, array):
    a = np.asarray(array)
    expected[name] = {"shape": list(a.shape), "values": [float(v) for v in a.ravel()]}


# NumPy: every element type, both orders of bytes and of axes, every version.
for t in "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64".split():
    a = (np.arange(12) * 21 % 250 - (60 if t[0] in "if" else 0)).reshape(3, 2, 2)
    if t == "bool":
        a = a % 2
    elif t == "int8":
        a = a // 2
    elif t[0] == "f":
        a = a / 7
    a = a.astype(t)
    np.save(here / f"{t}.npy", a)
    note(f"{t}.npy", a)
swapped = np.array([[1.5, -2.25, 3e5]], dtype=">f8")
np.save(here / "big-endian.npy", swapped)
note("big-endian.npy", swapped)
fortran = np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
np.save(here / "fortran.npy", fortran)
note("fortran.npy", fortran)
for version in (2, 3):
    with open(here / f"version-{version}.npy", "wb") as f:
        np.lib.format.write_array(f, np.arange(5, dtype=np.int16), version=(version, 0))
    note(f"version-{version}.npy", np.arange(5))
halves = np.array([0, -0.0, 1, -2, 65504, 6e-8, 6.1e-5, 0.333], dtype=np.float16)
np.save(here / "halves.npy", halves)
note("halves.npy", halves)
np.save(here / "targets.npy", np.array([0.5, -1, 2.25], dtype=np.float32))

# What has no place in a data set.
np.save(here / "objects.npy", np.array([[1, 2], [3]], dtype=object))
np.save(here / "words.npy", np.array(["cat", "dog"]))
np.save(here / "complex.npy", np.array([1 + 2j]))
np.save(here / "records.npy", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]))
np.save(here / "dates.npy", np.array(["2024-01-01"], dtype="datetime64[D]"))
np.save(here / "single.npy", np.float64(3))
np.save(here / "none.npy", np.zeros((0, 4)))

# NumPy: archives.
pixels = (np.arange(6 * 4 * 4) * 5 % 256).astype(np.uint8).reshape(6, 4, 4)
np.savez_compressed(here / "digits.npz", x=pixels, y=np.array([5, 3, 4, 3, 5, 9], dtype=np.int64))
note("digits.npz", pixels)
rng = np.random.default_rng(1)
x = rng.normal(size=(5, 3)).astype(np.float32)
np.savez(here / "regression.npz", x_train=x[:3], y_train=x[:3, :2].astype(np.float64) * 2, x_test=x[3:], y_test=x[3:, :2].astype(np.float64) * 2)
note("regression.npz", x)
np.savez(here / "onehot.npz", X=x, Y=np.eye(4, dtype=np.float32)[[2, 0, 1, 2, 0]])
np.savez(here / "unnamed.npz", x, np.arange(5))
channels = (np.arange(2 * 6 * 5 * 3) % 251).astype(np.uint8).reshape(2, 6, 5, 3)
np.savez(here / "channels-last.npz", x=channels, y=np.array([True, False]))
note("channels-last.npz", channels.transpose(0, 3, 1, 2))

# pandas: tables.
iris = pd.DataFrame({"sepal length": [5.1, 4.9, 6.3, 5.8], "petal, width": [0.2, 0.2, 1.9, 1.8], "species": ["setosa", "setosa", 'virginica "A"', "ibiza"]})
iris.to_csv(here / "iris.csv", index=False)
iris.to_csv(here / "iris-windows.csv", index=False, sep=";", encoding="utf-8-sig", lineterminator="\r\n")
iris.to_csv(here / "iris-index.csv")
iris.to_csv(here / "iris-bare.csv", index=False, header=False)
kaggle = pd.DataFrame(pixels.reshape(6, 16), columns=[f"pixel{i}" for i in range(16)])
kaggle.insert(0, "label", [5, 3, 4, 3, 5, 9])
kaggle.to_csv(here / "kaggle.csv", index=False)
kaggle.iloc[:4].to_csv(here / "kaggle-test.csv.gz", index=False)
houses = pd.DataFrame({"rooms": [3, 4, 2], "area": [70.5, 1e2, 43], "price": [1.5e5, 2.75e5, 9.9e4], "rent": [500.5, 900, 300]})
houses.to_csv(here / "houses.csv", index=False)

# Pillow: pictures.
rgb = (np.arange(4 * 6 * 3) * 7 % 256).astype(np.uint8).reshape(4, 6, 3)
grey = rgb[:, :, 0]
pictures = here / "pictures"
for part, names in {"train": ["ant", "bee"], "test": ["bee"]}.items():
    for name in names:
        folder = pictures / part / name
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(folder / "colour.png")
Image.fromarray(grey).save(pictures / "train" / "ant" / "grey.png")
Image.fromarray(grey.astype(np.int32) * 257).convert("I;16").save(pictures / "train" / "ant" / "grey-16.png")
Image.fromarray(rgb).convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(pictures / "train" / "bee" / "palette.png")
alpha = np.dstack([rgb, np.full((4, 6), 255, np.uint8)])
alpha[0, 0, 3] = 0
Image.fromarray(alpha).save(pictures / "train" / "bee" / "alpha.png")
Image.fromarray(np.full((4, 6, 3), (200, 100, 50), np.uint8)).save(pictures / "train" / "bee" / "flat.jpg", quality=95)
(pictures / "train" / "notes.txt").write_text("no picture\n")
note("pictures", rgb.transpose(2, 0, 1))
note("pictures grey", grey)


# pyarrow: what the Hugging Face hub keeps.
def png(a):
    out = io.BytesIO()
    Image.fromarray(a).save(out, "PNG")
    return out.getvalue()


def shard(path, images, labels, **settings):
    features = {"image": {"_type": "Image"}, "label": {"names": ["zero", "one", "two"], "_type": "ClassLabel"}}
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({
        "image": pa.array([{"bytes": png(a), "path": None} for a in images], type=struct),
        "label": pa.array(labels, type=pa.int64()),
    }).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **settings)


hub = here / "hub" / "data"
shard(hub / "train-00000-of-00002.parquet", pixels[:3], [2, 0, 2])
shard(hub / "train-00001-of-00002.parquet", pixels[3:5], [0, 2], compression="zstd")
shard(hub / "test-00000-of-00001.parquet", pixels[5:], [1], compression="gzip", data_page_version="2.0")
pq.write_table(pa.Table.from_pandas(houses, preserve_index=False), here / "houses.parquet", row_group_size=2)
pq.write_table(pa.Table.from_pandas(iris, preserve_index=False), here / "iris.parquet", use_dictionary=False)
kinds = pa.table({
    "flag": pa.array([True, False]), "small": pa.array([-1, 2], pa.int8()), "big": pa.array([2**32 - 1, 0], pa.uint32()),
    "float": pa.array([0.5, 1.5], pa.float32()), "y": pa.array([1, 2], pa.uint8()),
})
pq.write_table(kinds, here / "kinds.parquet")
pq.write_table(pa.table({"x": [1.0, None], "y": [0, 1]}), here / "null.parquet")
pq.write_table(pa.table({"x": [1.0, float("nan")], "y": [0, 1]}), here / "nan.parquet")
pq.write_table(pa.table({"x": [[1.0], [2.0]], "y": [0, 1]}), here / "lists.parquet")
pq.write_table(pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.int64())}), here / "empty.parquet")

(here / "expected.json").write_text(json.dumps(expected) + "\n")
