"""Makes data/weights.json with Keras; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python weights.py

Regularizers: the penalty on seeded weights, and its gradient. Constraints: what seeded weights become. Both in float64
as far as Keras does not round to float32 itself, rounded to float32. Initializers: mean, deviation, least and largest
of what Keras draws for a kernel, in float32; other draws of the same distribution agree within what chance allows.
"""

import keras
import numpy as np
import torch
from keras import constraints, initializers, regularizers

import generate
from generate import numbers, seeded
from optimizers import camel

generate.VERSIONS["keras"] = keras.__version__


def operand(seed, shape):
    return {"shape": shape, "seed": seed, "low": -1.0, "high": 1.0}


def tensor(spec):
    array = seeded(spec["seed"], spec["shape"], spec["low"], spec["high"])
    return torch.tensor(array, dtype=torch.float64)


REGULARIZERS = [
    ("l1", regularizers.L1, {}, [4, 3]),
    ("l1", regularizers.L1, {"l1": 0.3}, [2, 3, 4]),
    ("l2", regularizers.L2, {}, [4, 3]),
    ("l2", regularizers.L2, {"l2": 0.3}, [2, 3, 4]),
    ("l1L2", regularizers.L1L2, {"l1": 0.2, "l2": 0.05}, [4, 3]),
    ("l1L2", regularizers.L1L2, {"l1": 0.0, "l2": 0.05}, [5]),
    ("l1L2", regularizers.L1L2, {"l1": 0.2, "l2": 0.0}, [5]),
    ("orthogonalRegularizer", regularizers.OrthogonalRegularizer, {}, [3, 5]),
    ("orthogonalRegularizer", regularizers.OrthogonalRegularizer, {"factor": 0.5, "mode": "columns"}, [4, 6]),
]
CONSTRAINTS = [
    ("maxNorm", constraints.MaxNorm, {}, [20, 3]),
    ("maxNorm", constraints.MaxNorm, {"max_value": 1.1}, [4, 6]),
    ("maxNorm", constraints.MaxNorm, {"max_value": 1.5, "axis": [0, 1, 2]}, [2, 2, 3, 5]),
    ("maxNorm", constraints.MaxNorm, {"max_value": 0.9, "axis": -1}, [4, 3]),
    ("unitNorm", constraints.UnitNorm, {}, [4, 3]),
    ("unitNorm", constraints.UnitNorm, {"axis": [0, 1, 2]}, [2, 2, 3, 5]),
    ("minMaxNorm", constraints.MinMaxNorm, {}, [4, 6]),
    ("minMaxNorm", constraints.MinMaxNorm, {"min_value": 1.0, "max_value": 1.2, "rate": 0.3, "axis": 1}, [6, 4]),
    ("nonNeg", constraints.NonNeg, {}, [4, 3]),
]
KERNELS = [[60, 40], [3, 3, 16, 24]]
INITIALIZERS = [
    ("glorotUniform", initializers.GlorotUniform, {}),
    ("glorotNormal", initializers.GlorotNormal, {}),
    ("heUniform", initializers.HeUniform, {}),
    ("heNormal", initializers.HeNormal, {}),
    ("lecunUniform", initializers.LecunUniform, {}),
    ("lecunNormal", initializers.LecunNormal, {}),
    ("randomNormal", initializers.RandomNormal, {}),
    ("randomNormal", initializers.RandomNormal, {"mean": 0.5, "stddev": 0.2}),
    ("truncatedNormal", initializers.TruncatedNormal, {}),
    ("truncatedNormal", initializers.TruncatedNormal, {"mean": -1.0, "stddev": 0.5}),
    ("randomUniform", initializers.RandomUniform, {}),
    ("randomUniform", initializers.RandomUniform, {"minval": 1.0, "maxval": 3.0}),
    ("varianceScaling", initializers.VarianceScaling, {}),
    ("varianceScaling", initializers.VarianceScaling, {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"}),
    (
        "varianceScaling",
        initializers.VarianceScaling,
        {"scale": 0.5, "mode": "fan_avg", "distribution": "untruncated_normal"},
    ),
    ("orthogonal", initializers.Orthogonal, {"gain": 1.5}),
    ("constant", initializers.Constant, {"value": 0.3}),
    ("zeros", initializers.Zeros, {}),
    ("ones", initializers.Ones, {}),
]


def named(options):
    words = {"fan_in", "fan_out", "fan_avg", "truncated_normal", "untruncated_normal"}
    return {camel(key): camel(value) if isinstance(value, str) and value in words else value for key, value in options.items()}


def hashable(options):
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def regularized():
    for index, (name, maker, options, shape) in enumerate(REGULARIZERS):
        spec = operand(600 + index, shape)
        weight = tensor(spec).requires_grad_()
        penalty = maker(**options)(weight)
        penalty.backward()
        yield {
            "name": name,
            "options": named(options),
            "weight": spec,
            "value": numbers(penalty)[0],
            "gradient": numbers(weight.grad),
        }


def constrained():
    for index, (name, maker, options, shape) in enumerate(CONSTRAINTS):
        spec = operand(700 + index, shape)
        value = maker(**hashable(options))(tensor(spec))
        yield {"name": name, "options": named(options), "weight": spec, "value": numbers(value)}


def initialized():
    keras.config.set_floatx("float32")
    for name, maker, options in INITIALIZERS:
        for shape in KERNELS:
            seed = {} if name in ("constant", "zeros", "ones") else {"seed": 7}
            drawn = np.asarray(maker(**options, **seed)(shape).detach()).astype(np.float64)
            statistics = [drawn.mean(), drawn.std(), drawn.min(), drawn.max()]
            mean, deviation, least, largest = (float(f"{value:.6g}") for value in statistics)
            yield {
                "name": name,
                "options": named(options),
                "shape": shape,
                "mean": mean,
                "deviation": deviation,
                "least": least,
                "largest": largest,
            }


def main():
    torch.set_num_threads(1)
    keras.config.set_floatx("float64")
    content = {"regularizers": list(regularized()), "constraints": list(constrained())}
    generate.write("weights.json", {**content, "initializers": list(initialized())})


if __name__ == "__main__":
    main()
