"""Makes data/recurrent.json with Keras; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python recurrent.py

Each case holds a layer of Keras (or several calls of a stateful one), its config in Fathom's names, and its results,
and the gradients of <dy, results> with respect to the sequence, the initial states and the weights. All operands come
from seeds, as in generate.py. Computed in float64 and rounded to float32.
"""

import keras
import numpy as np
import torch

import generate
from generate import numbers, seeded

keras.config.set_floatx("float64")
generate.VERSIONS["keras"] = keras.__version__

B, T, F, U = 3, 4, 3, 5
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]], dtype=bool)


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def value(option):
    return camel(option) if isinstance(option, str) else option


def rnn(kind, **options):
    names = {"SimpleRNN": "simpleRnn", "LSTM": "lstm", "GRU": "gru"}
    config = {"type": names[kind], "name": names[kind], "units": U}
    config.update({camel(name): value(option) for name, option in options.items()})
    return getattr(keras.layers, kind)(U, **options), config


def both(kind, merge_mode="concat", **options):
    layer, config = rnn(kind, **options)
    return (
        keras.layers.Bidirectional(layer, merge_mode=merge_mode),
        {"type": "bidirectional", "name": "bidirectional", "layer": config, "mergeMode": merge_mode},
    )


def each(units, **options):
    config = {"type": "dense", "name": "dense", "units": units, **options}
    return (
        keras.layers.TimeDistributed(keras.layers.Dense(units, **options)),
        {"type": "timeDistributed", "name": "timeDistributed", "layer": config},
    )


# layer and config, number of initial states, whether there is a mask, length
CASES = []
for kind, states in (("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)):
    for options, given, masked, length in (
        ({}, 0, False, T),
        ({}, 0, False, 1),
        ({"return_sequences": True, "return_state": True}, states, False, T),
        ({"return_sequences": True, "go_backwards": True, "use_bias": False}, 0, False, T),
        ({"return_sequences": True, "return_state": True}, 0, True, T),
        ({"return_sequences": True}, states, True, T),
        ({"go_backwards": True}, 0, True, T),
    ):
        CASES.append((rnn(kind, **options), given, masked, length))
    CASES.append((both(kind, return_sequences=True), 0, False, T))
    CASES.append((both(kind, merge_mode="sum", return_state=True), 2 * states, False, T))
CASES += [
    (rnn("LSTM", recurrent_activation="hard_sigmoid", activation="softsign", unit_forget_bias=False), 0, False, T),
    (rnn("GRU", reset_after=False, return_sequences=True), 0, False, T),
    (both("GRU", merge_mode="mul", return_sequences=True), 0, True, T),
    (both("LSTM", merge_mode="ave"), 0, False, T),
    (both("LSTM", merge_mode=None, return_sequences=True), 0, False, T),
    (each(3, activation="tanh"), 0, False, T),
]


def leaf(seed, shape, low=-0.8, high=0.8):
    spec = {"shape": list(shape), "seed": seed, "low": low, "high": high}
    tensor = torch.tensor(seeded(seed, shape, low, high), dtype=torch.float64, requires_grad=True)
    return tensor, spec


def make(number, made, states, masked, length):
    layer, config = made
    base = 7000 + 40 * number
    x, x_spec = leaf(base, (B, length, F))
    given = [leaf(base + 1 + i, (B, U)) for i in range(states)]
    layer.build((B, length, F))
    weights = [leaf(base + 10 + i, tuple(w.shape)) for i, w in enumerate(layer.weights)]
    for variable, (tensor, _) in zip(layer.weights, weights):
        variable.assign(tensor.detach())
    kwargs = {"mask": torch.tensor(MASK)} if masked else {}
    if states:
        kwargs["initial_state"] = [tensor for tensor, _ in given]
    results = layer(x, **kwargs)
    results = list(results) if isinstance(results, (list, tuple)) else [results]
    total = sum(
        (result * torch.tensor(seeded(base + 30 + i, tuple(result.shape)), dtype=torch.float64)).sum()
        for i, result in enumerate(results)
    )
    wrt = [x, *(tensor for tensor, _ in given), *(variable.value for variable in layer.weights)]
    gradients = torch.autograd.grad(total, wrt)
    return {
        "config": config,
        "x": x_spec,
        "states": [spec for _, spec in given],
        "mask": MASK.astype(int).ravel().tolist() if masked else None,
        "weights": [spec for _, spec in weights],
        "cotangentSeed": base + 30,
        "shapes": [list(result.shape) for result in results],
        "results": [numbers(result) for result in results],
        "gradients": [numbers(gradient) for gradient in gradients],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    generate.write("recurrent.json", {"cases": [make(number, *case) for number, case in enumerate(CASES)]})
