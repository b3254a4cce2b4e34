"""Makes data/layers.json with Keras; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python layers.py

Each case holds a layer of Keras with its options (under Fathom's names), the shapes of its inputs and weights, its
results for inputs and weights made from seeds as in generate.py, and the gradients of <dy, results> with respect to all
of them. Everything is computed in float64 and rounded once to float32. Locally connected layers are gone from Keras 3;
theirs are PyTorch's unfold and a product for each place, with weights in the order of Keras 2.
"""

import math
import re

import keras
import torch

import generate
from generate import numbers, seeded

keras.config.set_floatx("float64")
generate.VERSIONS["keras"] = keras.__version__


def snake(name):
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


def pascal(name):
    """Keras' name of a layer: conv2dTranspose is Conv2DTranspose."""
    return re.sub(r"(\d)d", r"\1D", name[0].upper() + name[1:])


class Locally:
    """A convolution with kernels [places, window, filters] and a bias [...places, filters]."""

    def __init__(self, axes, filters, kernelSize, strides):
        self.axes, self.filters, self.size, self.strides = axes, filters, kernelSize, strides

    def shapes(self, shape):
        places = [(n - f) // s + 1 for n, f, s in zip(shape[1:-1], self.size, self.strides)]
        return [[math.prod(places), math.prod(self.size) * shape[-1], self.filters], [*places, self.filters]]

    def __call__(self, x, kernel, bias):
        last = self.axes + 1
        for axis, (size, stride) in enumerate(zip(self.size, self.strides)):
            x = x.unfold(axis + 1, size, stride)
        # [B, ...places, C, ...window] to [B, places, (...window, C)]
        x = x.permute(0, *range(1, last), *range(last + 1, x.ndim), last)
        y = torch.einsum("bpk,pkf->bpf", x.reshape(x.shape[0], kernel.shape[0], kernel.shape[1]), kernel)
        return y.reshape(y.shape[0], *bias.shape) + bias


class OfKeras:
    def __init__(self, name, options):
        self.layer = getattr(keras.layers, pascal(name))(
            **{snake(key): tuple(v) if isinstance(v, list) else v for key, v in options.items()}, dtype="float64"
        )

    def shapes(self, *shapes):
        self.layer.build(list(map(tuple, shapes)) if len(shapes) > 1 else tuple(shapes[0]))
        return [list(w.shape) for w in self.layer.weights]

    def __call__(self, *tensors):
        count = len(tensors) - len(self.layer.weights)
        for variable, value in zip(self.layer.weights, tensors[count:]):
            variable._value = value
        inputs = list(tensors[:count])
        return self.layer(inputs if count > 1 else inputs[0])


class AveragesInside:
    """Average pooling with padding `same` as TensorFlow and JAX have it: Keras on PyTorch repeats the border instead."""

    def __init__(self, name, options):
        zeros = {**options, "padding": "valid"}
        self.size, self.strides = options["poolSize"], options["strides"]
        self.pool = OfKeras(name, zeros)

    def shapes(self, *_):
        return []

    def __call__(self, x):
        edges = [generate.margins(n, f, s) for n, f, s in zip(x.shape[1:-1], self.size, self.strides)]
        flat = [n for low_high in reversed([*edges, (0, 0)]) for n in low_high]
        inside = torch.nn.functional.pad(torch.ones_like(x), flat)
        return self.pool(torch.nn.functional.pad(x, flat)) / self.pool(inside)


def cases():
    yield "conv1d", {"filters": 3, "kernelSize": [3], "strides": [2], "activation": "tanh"}, [[2, 9, 2]]
    yield "conv1d", {"filters": 4, "kernelSize": [3], "padding": "same", "groups": 2}, [[2, 7, 4]]
    yield "conv1d", {"filters": 3, "kernelSize": [3], "padding": "causal", "dilationRate": [2]}, [[2, 8, 2]]
    yield "conv1d", {"filters": 2, "kernelSize": [4], "padding": "causal", "strides": [2]}, [[1, 9, 2]]
    yield "conv2d", {"filters": 4, "kernelSize": [3, 2], "padding": "same", "strides": [2, 1]}, [[2, 5, 6, 3]]
    yield "conv2d", {"filters": 3, "kernelSize": [2, 3], "dilationRate": [2, 1], "useBias": False}, [[1, 6, 5, 2]]
    yield "conv3d", {"filters": 2, "kernelSize": [2, 3, 2], "strides": [1, 2, 1]}, [[1, 4, 6, 5, 2]]
    yield "conv3d", {"filters": 3, "kernelSize": [3, 3, 3], "padding": "same"}, [[1, 4, 3, 5, 2]]
    yield "conv3d", {"filters": 2, "kernelSize": [2, 2, 2], "dilationRate": [2, 1, 2]}, [[1, 5, 4, 4, 2]]
    for options in [
        {"kernelSize": [3, 3], "strides": [2, 2]},
        {"kernelSize": [4, 4], "strides": [2, 2], "padding": "same"},
        {"kernelSize": [3, 3], "strides": [2, 2], "padding": "same"},
        {"kernelSize": [2, 3], "strides": [3, 2], "padding": "same"},
        {"kernelSize": [2, 2], "strides": [3, 3]},
        {"kernelSize": [5, 4], "strides": [2, 3], "padding": "same", "outputPadding": [1, 2]},
        {"kernelSize": [3, 2], "strides": [2, 3], "outputPadding": [1, 0]},
        {"kernelSize": [3, 2], "padding": "same", "dilationRate": [2, 2]},
    ]:
        yield "conv2dTranspose", {"filters": 3, **options}, [[1, 4, 3, 2]]
    yield "depthwiseConv2d", {"kernelSize": [3, 3], "padding": "same"}, [[2, 5, 6, 3]]
    yield "depthwiseConv2d", {"kernelSize": [3, 2], "depthMultiplier": 2, "strides": [2, 2]}, [[1, 6, 7, 3]]
    yield "depthwiseConv2d", {"kernelSize": [2, 3], "dilationRate": [2, 2], "padding": "same"}, [[1, 6, 7, 2]]
    yield "separableConv2d", {"filters": 4, "kernelSize": [3, 3], "padding": "same"}, [[1, 5, 5, 3]]
    yield "separableConv2d", {"filters": 3, "kernelSize": [2, 2], "depthMultiplier": 2, "strides": [2, 2]}, [[2, 5, 4, 2]]
    yield "locallyConnected1d", {"filters": 3, "kernelSize": [3], "strides": [2]}, [[2, 8, 2]]
    yield "locallyConnected2d", {"filters": 2, "kernelSize": [2, 3], "strides": [2, 1]}, [[2, 5, 5, 2]]
    for kind in "max", "average":
        yield f"{kind}Pooling1d", {"poolSize": [3], "strides": [2], "padding": "same"}, [[2, 8, 3]]
        yield f"{kind}Pooling1d", {"poolSize": [2]}, [[2, 7, 3]]
        yield f"{kind}Pooling2d", {"poolSize": [3, 2], "strides": [2, 2], "padding": "same"}, [[1, 5, 6, 2]]
        yield f"{kind}Pooling3d", {"poolSize": [2, 2, 3], "strides": [1, 2, 2], "padding": "same"}, [[1, 4, 5, 4, 2]]
        name = kind.capitalize()
        yield f"global{name}Pooling1d", {}, [[2, 5, 3]]
        yield f"global{name}Pooling2d", {"keepdims": True}, [[2, 3, 4, 2]]
    yield "zeroPadding1d", {"padding": [2, 1]}, [[2, 4, 3]]
    yield "zeroPadding2d", {"padding": [[1, 0], [2, 3]]}, [[1, 3, 3, 2]]
    yield "zeroPadding2d", {"padding": [1, 2]}, [[1, 3, 3, 2]]
    yield "cropping1d", {"cropping": [1, 2]}, [[2, 6, 3]]
    yield "cropping2d", {"cropping": [[1, 0], [2, 1]]}, [[1, 4, 6, 2]]
    yield "permute", {"dims": [3, 1, 2]}, [[2, 3, 4, 5]]
    yield "repeatVector", {"n": 3}, [[2, 5]]
    for name in "add", "multiply", "average", "maximum", "minimum":
        yield name, {}, [[2, 3, 4], [2, 3, 4], [2, 1, 4]]
        yield name, {}, [[2, 3, 4], [2, 4]]
    yield "subtract", {}, [[2, 3, 4], [2, 3, 1]]
    yield "concatenate", {"axis": 1}, [[2, 3, 4], [2, 1, 4], [2, 2, 4]]
    yield "concatenate", {}, [[2, 3, 4], [2, 3, 1]]
    yield "dot", {"axes": 1}, [[3, 5], [3, 5]]
    yield "dot", {"axes": [1, 2], "normalize": True}, [[2, 3, 5], [2, 4, 3]]
    yield "dot", {"axes": -1}, [[2, 3, 5], [2, 4, 5]]


def run(index, name, options, shapes):
    if name.startswith("locally"):
        function = Locally(len(options["kernelSize"]), **options)
        weights = function.shapes(shapes[0])
    elif name.startswith("average") and options.get("padding") == "same":
        function = AveragesInside(name, options)
        weights = []
    else:
        function = OfKeras(name, options)
        weights = function.shapes(*shapes)
    specs = [
        {"shape": list(shape), "seed": 5000 + 100 * index + k, "low": -1.0, "high": 1.0}
        for k, shape in enumerate([*shapes, *weights])
    ]
    tensors = [
        torch.tensor(seeded(s["seed"], s["shape"], s["low"], s["high"]), dtype=torch.float64, requires_grad=True)
        for s in specs
    ]
    y = function(*tensors)
    seed = 5099 + 100 * index
    dy = torch.tensor(seeded(seed, list(y.shape)), dtype=torch.float64)
    gradients = torch.autograd.grad(y, tensors, dy)
    return {
        "type": name,
        "options": {"keepDims" if key == "keepdims" else key: value for key, value in options.items()},
        "inputs": specs[: len(shapes)],
        "weights": specs[len(shapes) :],
        "cotangentSeed": seed,
        "shape": list(y.shape),
        "value": numbers(y),
        "gradients": [numbers(g) for g in gradients],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    generate.write("layers.json", {"cases": [run(i, *case) for i, case in enumerate(cases())]})
