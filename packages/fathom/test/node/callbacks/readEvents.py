"""What TensorBoard's own reader finds in the folders of event files that are named: JSON, for tensorBoard.test.ts."""

import hashlib
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    events = EventAccumulator(folder, size_guidance={key: 0 for key in ("scalars", "histograms", "images")}).Reload()
    tags = events.Tags()
    return {
        "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]},
        "histograms": {
            tag: [
                {
                    "step": e.step,
                    "numbers": [getattr(e.histogram_value, name) for name in ("min", "max", "num", "sum", "sum_squares")],
                    "limits": list(e.histogram_value.bucket_limit),
                    "counts": list(e.histogram_value.bucket),
                }
                for e in events.Histograms(tag)
            ]
            for tag in tags["histograms"]
        },
        "images": {
            tag: [
                [e.step, e.width, e.height, hashlib.sha256(e.encoded_image_string).hexdigest()]
                for e in events.Images(tag)
            ]
            for tag in tags["images"]
        },
    }


print(json.dumps([read(folder) for folder in sys.argv[1:]]))
