"""Prints as JSON what TensorBoard reads in a folder of event files."""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={k: 0 for k in ("scalars", "histograms", "images", "tensors")})
events.Reload()
tags = events.Tags()
print(json.dumps({
    "Scalars": {t: [[e.step, e.value] for e in events.Scalars(t)] for t in tags["scalars"]},
    "Histograms": {t: [[e.step, e.histogram_value.num] for e in events.Histograms(t)] for t in tags["histograms"]},
    "Images": {t: [[e.step, e.width, e.height] for e in events.Images(t)] for t in tags["images"]},
    "Texts": {t: events.Tensors(t)[0].tensor_proto.string_val[0].decode() for t in tags["tensors"]},
}))
