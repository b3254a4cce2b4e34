"""Makes data/losses.json with Keras; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python losses.py

Each case holds a loss of Keras with its options, the targets, the loss of each sample, the cost of the batch, and the
gradient of <dy, losses> with respect to the predictions. Predictions and dy come from a seed, as in generate.py.
Everything is computed in float64, as far as Keras does not round to float32 itself, and rounded to float32.
"""

import keras
import numpy as np
import torch

import generate
from generate import labels, numbers, seeded

keras.config.set_floatx("float64")
generate.VERSIONS["keras"] = keras.__version__

ROWS, COLUMNS = 6, 4


def float64(array):
    return torch.tensor(np.asarray(array), dtype=torch.float64)


VALUES = float64(seeded(301, (ROWS, COLUMNS), -2.0, 2.0))
POSITIVE = float64(seeded(302, (ROWS, COLUMNS), 0.1, 3.0))
BINARY = float64(seeded(303, (ROWS, COLUMNS), 0.0, 1.0) > 0.5)
SIDES = 2 * BINARY - 1
INDEX = torch.tensor(labels(304, ROWS, COLUMNS))
ONE_HOT = torch.nn.functional.one_hot(INDEX, COLUMNS).to(torch.float64)
SHARES = float64(numbers(POSITIVE / POSITIVE.sum(-1, keepdim=True))).reshape(ROWS, COLUMNS)

ANY, PROBABILITY, LOGIT, COUNT = (-2.0, 2.0), (0.02, 0.98), (-5.0, 5.0), (0.1, 4.0)

CASES = [
    ("MeanSquaredError", {}, VALUES, ANY),
    ("MeanAbsoluteError", {}, VALUES, ANY),
    ("MeanAbsolutePercentageError", {}, VALUES, ANY),
    ("MeanSquaredLogarithmicError", {}, POSITIVE, (-0.5, 4.0)),
    ("Huber", {}, VALUES, ANY),
    ("Huber", {"delta": 0.3}, VALUES, ANY),
    ("LogCosh", {}, VALUES, ANY),
    ("LogCosh", {}, VALUES, (-200.0, 200.0)),
    ("Hinge", {}, SIDES, ANY),
    ("Hinge", {}, BINARY, ANY),
    ("SquaredHinge", {}, SIDES, ANY),
    ("SquaredHinge", {}, BINARY, ANY),
    ("CategoricalHinge", {}, ONE_HOT, ANY),
    ("BinaryCrossentropy", {}, BINARY, PROBABILITY),
    ("BinaryCrossentropy", {"from_logits": True}, BINARY, LOGIT),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, BINARY, PROBABILITY),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, BINARY, LOGIT),
    ("CategoricalCrossentropy", {}, SHARES, PROBABILITY),
    ("CategoricalCrossentropy", {"from_logits": True}, SHARES, LOGIT),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ONE_HOT, PROBABILITY),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, LOGIT),
    ("SparseCategoricalCrossentropy", {}, INDEX, PROBABILITY),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, INDEX, LOGIT),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": int(INDEX[0])}, INDEX, LOGIT),
    ("KLDivergence", {}, SHARES, PROBABILITY),
    ("Poisson", {}, POSITIVE, COUNT),
    ("CosineSimilarity", {}, VALUES, ANY),
    ("BinaryFocalCrossentropy", {}, BINARY, PROBABILITY),
    ("BinaryFocalCrossentropy", {"gamma": 1.5, "from_logits": True}, BINARY, LOGIT),
    (
        "BinaryFocalCrossentropy",
        {"gamma": 3.0, "alpha": 0.4, "apply_class_balancing": True, "label_smoothing": 0.1},
        BINARY,
        PROBABILITY,
    ),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITY),
    ("CategoricalFocalCrossentropy", {"gamma": 0.5, "from_logits": True}, ONE_HOT, LOGIT),
    ("CategoricalFocalCrossentropy", {"alpha": 0.6, "label_smoothing": 0.2}, ONE_HOT, PROBABILITY),
]


def run(seed, name, options, targets, span):
    spec = {"shape": [ROWS, COLUMNS], "seed": seed, "low": span[0], "high": span[1]}
    predictions = float64(seeded(seed, spec["shape"], *span)).requires_grad_()
    make = getattr(keras.losses, name)
    losses = make(**options, reduction="none", dtype="float64")(targets, predictions)
    dy = float64(seeded(seed + 500, losses.shape))
    losses.backward(dy)
    cost = make(**options, dtype="float64")(targets, predictions)
    return {
        "name": name,
        "options": options,
        "targets": [json_number(x) for x in targets.ravel()],
        "predictions": spec,
        "cotangentSeed": seed + 500,
        "value": numbers(losses),
        "cost": numbers(cost)[0],
        "gradient": numbers(predictions.grad),
    }


def json_number(x):
    return numbers(x.to(torch.float64).reshape(1))[0]


if __name__ == "__main__":
    torch.set_num_threads(1)
    cases = [run(3000 + i, *case) for i, case in enumerate(CASES)]
    generate.write("losses.json", {"cases": cases})
