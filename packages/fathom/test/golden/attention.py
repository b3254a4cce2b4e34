"""Goldens of activations, normalizations, embedding, attention and resizing: data/attention.json, from Keras 3 on PyTorch.

    KERAS_BACKEND=torch python attention.py

Everything is computed in float64 and rounded once to float32; operands come from seeds, as in generate.py.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import json

import keras
import torch
from torch.nn import functional as F

from generate import DATA, VERSIONS, Case, words

keras.config.set_floatx("float64")

B, T, S, D = 2, 5, 4, 6


def activations():
    a = keras.activations
    x = [((3, 8), -4.0, 4.0)]
    named = {
        "relu6": (a.relu6, [((3, 8), -4.0, 9.0)]),
        "elu": (a.elu, x),
        "selu": (a.selu, x),
        "celu": (a.celu, x),
        "gelu": (lambda v: a.gelu(v, approximate=False), x),
        "geluApproximate": (lambda v: a.gelu(v, approximate=True), x),
        "silu": (a.silu, x),
        "mish": (a.mish, x),
        "softplus": (a.softplus, x),
        "softsign": (a.softsign, x),
        "squareplus": (a.squareplus, x),
        "exponential": (a.exponential, x),
        "hardSigmoid": (a.hard_sigmoid, x),
        "hardSilu": (a.hard_silu, x),
        "hardTanh": (a.hard_tanh, x),
        "hardShrink": (a.hard_shrink, x),
        "softShrink": (a.soft_shrink, x),
        "tanhShrink": (a.tanh_shrink, x),
        "logSigmoid": (a.log_sigmoid, x),
        "logSoftmax": (a.log_softmax, x),
        "erf": (torch.erf, x),
        "sin": (torch.sin, [((3, 8), -9.0, 9.0)]),
        "cos": (torch.cos, [((3, 8), -9.0, 9.0)]),
        "log1p": (torch.log1p, [((3, 8), -0.9, 4.0)]),
        "expm1": (torch.expm1, x),
        "logSumExp": (lambda v: torch.logsumexp(v, 1), x),
    }
    return [Case(name, function, operands) for name, (function, operands) in named.items()]


def layer(make, inputs, call=None):
    """A Keras layer of so many inputs, with its weights as further operands, in Keras' order."""

    def run(*tensors):
        built = make()
        call_ = call or (lambda l, *xs: l(*xs))
        call_(built, *(x.detach() for x in tensors[:inputs]))
        for variable, weight in zip(built.weights, tensors[inputs:], strict=True):
            assert tuple(variable.shape) == tuple(weight.shape), (variable.path, variable.shape, weight.shape)
            variable._value = weight
        return call_(built, *tensors[:inputs])

    return run


def layers():
    k = keras.layers
    indices = (words(77, B * T) % 7).reshape(B, T).astype("int64")
    # With a rate above 0 Keras takes its own products in float64; PyTorch's fused kernel rounds to float32. Nothing is
    # dropped outside of training.
    heads = dict(num_heads=2, key_dim=3, dropout=0.5)
    mha = lambda **more: (lambda: k.MultiHeadAttention(**heads, **more))
    projections = [((D, 2, 3), -1, 1), ((2, 3), -1, 1)] * 3 + [((2, 3, D), -1, 1), ((D,), -1, 1)]
    query, value = ((B, T, D), -1, 1), ((B, S, D), -1, 1)
    mask = (words(78, B * T * S) % 3 > 0).reshape(B, T, S)
    mask[:, :, 0] = True
    attend = lambda **more: (lambda l, q, v: l(q, v, **more))
    masked = lambda l, q, v: l(q, v, attention_mask=torch.tensor(mask))
    weight = lambda n: ((n,), 0.5, 1.5)
    return [
        Case("embedding", lambda table: F.embedding(torch.tensor(indices), table), [((7, 4), -1, 1)],
             {"indices": indices.tolist()}),
        Case("layerNormalization", layer(lambda: k.LayerNormalization(), 1),
             [((B, T, D), -1, 1), weight(D), weight(D)]),
        Case("layerNormalizationAxes", layer(lambda: k.LayerNormalization(axis=[1, 2], epsilon=1e-5), 1),
             [((B, T, D), -1, 1), ((T, D), 0.5, 1.5), ((T, D), -1, 1)]),
        Case("groupNormalization", layer(lambda: k.GroupNormalization(groups=3), 1),
             [((B, 3, 2, D), -1, 1), weight(D), weight(D)]),
        Case("rmsNormalization", layer(lambda: k.RMSNormalization(), 1), [((B, T, D), -1, 1), weight(D)]),
        Case("prelu", layer(lambda: k.PReLU(shared_axes=[1]), 1), [((B, T, D), -1, 1), ((1, D), 0.1, 0.5)]),
        Case("multiHeadAttention", layer(mha(), 2, attend()), [query, value, *projections]),
        Case("multiHeadAttentionCausal", layer(mha(value_dim=4), 2, attend(use_causal_mask=True)),
             [query, ((B, T, D), -1, 1), *projections[:4], ((D, 2, 4), -1, 1), ((2, 4), -1, 1), ((2, 4, D), -1, 1),
              ((D,), -1, 1)]),
        Case("multiHeadAttentionMask", layer(mha(), 2, masked), [query, value, *projections],
             {"mask": mask.astype(int).tolist()}),
        Case("upSampling2dNearest", lambda x: k.UpSampling2D((2, 3))(x), [((B, 3, 4, 2), -1, 1)]),
        Case("upSampling2dBilinear", lambda x: k.UpSampling2D((2, 3), interpolation="bilinear")(x),
             [((B, 3, 4, 2), -1, 1)]),
        Case("upSampling1d", lambda x: k.UpSampling1D(3)(x), [((B, 4, 2), -1, 1)]),
        Case("resizingBilinear", lambda x: k.Resizing(5, 3)(x), [((B, 4, 7, 2), -1, 1)]),
        Case("resizingNearest", lambda x: k.Resizing(5, 3, interpolation="nearest")(x), [((B, 4, 7, 2), -1, 1)]),
    ]


def main():
    cases = []
    for index, case in enumerate(activations() + layers()):
        cases.append(case.run(500 + index))
        print(case.name)
    versions = {**VERSIONS, "keras": keras.__version__}
    (DATA / "attention.json").write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
