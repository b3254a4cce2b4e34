"""Bytes of TensorBoard's messages and records, as TensorBoard's own Python code writes them: data/eventFiles.json.

/opt/peers/venv/bin/python packages/fathom/test/golden/event_files.py
"""

import io
import json
from pathlib import Path

import tensorboard
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def record(event):
    out = io.BytesIO()
    RecordWriter(out).write(event.SerializeToString(deterministic=True))
    return out.getvalue().hex()


def summary(step, **value):
    values = [summary_pb2.Summary.Value(**value)]
    return event_pb2.Event(wall_time=2.5, step=step, summary=summary_pb2.Summary(value=values))


histogram = summary_pb2.HistogramProto(
    min=-1, max=3, num=4, sum=2.5, sum_squares=10.25, bucket_limit=[0, 1, 2, 3], bucket=[1, 2, 0, 1]
)
image = summary_pb2.Summary.Image(height=3, width=200, colorspace=4, encoded_image_string=bytes([1, 2, 3]))
golden = {
    "tensorboard": tensorboard.__version__,
    "version": record(event_pb2.Event(wall_time=1.5, file_version="brain.Event:2")),
    "scalar": record(summary(300, tag="loss", simple_value=0.25)),
    "histogram": summary(1, tag="w", histo=histogram).SerializeToString().hex(),
    "image": summary(7, tag="i", image=image).SerializeToString().hex(),
}
path = Path(__file__).parent / "data/eventFiles.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
