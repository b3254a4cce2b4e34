"""Makes data/zoo.json with Keras; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python zoo.py

Each case holds a network of keras.applications, what its weights are drawn from (seeds as in generate.py), and what it
predicts for one image, in float32.
"""

import json
from pathlib import Path

import keras
import numpy as np

import generate
from generate import numbers, seeded

generate.VERSIONS["keras"] = keras.__version__

SIZE, CLASSES = 40, 5
CASES = [
    ("mobileNet", keras.applications.MobileNet, 0.5),
    ("mobileNetV2", keras.applications.MobileNetV2, 0.35),
]


def bounds(weight):
    """Such that values stay of one size through the layers, and variances positive."""
    if weight.name == "moving_variance":
        return 0.5, 1.5
    if weight.name == "gamma":
        return 0.8, 1.6
    if len(weight.shape) < 2:
        return -0.2, 0.2
    shape = weight.shape
    # A depthwise kernel [kh, kw, channels, 1] sees one channel.
    inputs = shape[0] * shape[1] if shape[-1] == 1 else int(np.prod(shape[:-1]))
    bound = round(float(np.sqrt(6 / inputs)), 4)
    return -bound, bound


def case(name, make, alpha):
    model = make(input_shape=(SIZE, SIZE, 3), alpha=alpha, weights=None, classes=CLASSES)
    ranges = [bounds(weight) for weight in model.weights]
    model.set_weights(
        [seeded(1000 + i, tuple(w.shape), *ranges[i]) for i, w in enumerate(model.weights)]
    )
    image = seeded(7, (1, SIZE, SIZE, 3), 0.0, 1.0)
    full = make(weights=None, alpha=alpha)
    return {
        "name": name,
        "alpha": alpha,
        "size": SIZE,
        "classes": CLASSES,
        "ranges": ranges,
        "prediction": numbers(model(image).detach()),
        "parameters": {"total": full.count_params(), "trained": sum(int(np.prod(w.shape)) for w in full.trainable_weights)},
    }


golden = {"versions": generate.VERSIONS, "cases": [case(*args) for args in CASES]}
Path(__file__).with_name("data").joinpath("zoo.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
