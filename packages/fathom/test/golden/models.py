"""Makes data/models.json with Keras: models with several inputs and outputs, and what counts in their losses; and with
PyTorch a step of two players.

    KERAS_BACKEND=torch python models.py

Weights and batches come from seeds, as in generate.py. Kept are the figures of each training step and the weights after
the last one.
"""

import json
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from generate import DATA, VERSIONS, labels, seeded

N = 6  # samples of a batch
STEPS = 3


def given(model, seed):
    """Weights from a seed, in Keras' order of the trainable ones."""
    for k, variable in enumerate(model.trainable_variables):
        variable.assign(seeded(seed + k, variable.shape, -0.5, 0.5))


def figures(logs):
    return {name: float(value) for name, value in logs.items()}


def result(name, model, logs):
    weights = [[float(v) for v in np.ravel(w.numpy() if hasattr(w, "numpy") else w)] for w in model.trainable_variables]
    return {"name": name, "logs": logs, "weights": weights}


def train(name, model, x, y, **weights):
    given(model, 50)
    logs = [figures(model.train_on_batch(x, y, return_dict=True, **weights)) for _ in range(1)]
    # Figures of Keras run on over batches; each step is asked for by itself.
    for _ in range(STEPS - 1):
        model.reset_metrics()
        logs.append(figures(model.train_on_batch(x, y, return_dict=True, **weights)))
    return result(name, model, logs)


def two_by_two():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = keras.layers.Dense(
        4,
        activation="tanh",
        name="shared",
        kernel_regularizer=keras.regularizers.L2(0.1),
        bias_regularizer=keras.regularizers.L1(0.05),
        kernel_constraint=keras.constraints.MaxNorm(0.5, axis=0),
    )
    h = keras.layers.Concatenate(name="both")([shared(a), shared(b)])
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(h)
    size = keras.layers.Dense(2, name="size")(h)
    return keras.Model([a, b], [kind, size])


def xs():
    return [seeded(1, (N, 3)), seeded(2, (N, 3))], [labels(3, N, 3), seeded(4, (N, 2))]


def compiled(model, **options):
    model.compile(optimizer=keras.optimizers.SGD(0.2), **options)
    return model


def masked():
    """Steps of zeros do not count."""
    x = keras.Input((4, 2), name="x")
    h = keras.layers.Masking(name="masking")(x)
    return keras.Model(x, keras.layers.Dense(2, name="dense")(h))


def masked_x():
    x = seeded(5, (N, 4, 2))
    for i in range(N):
        x[i, 1 + i % 4 :] = 0
    return x


def adversarial():
    """Three alternating steps of two players in PyTorch: first the discriminator learns, then, judged by it, the generator."""
    make = lambda seed, shape: torch.tensor(seeded(seed, shape, -0.5, 0.5), requires_grad=True)
    g = [make(60, (2, 2)), make(61, (2,))]
    d = [make(62, (2, 4)), make(63, (4,)), make(64, (4, 1)), make(65, (1,))]
    generate = lambda z: z @ g[0] + g[1]
    judge = lambda x: torch.tanh(x @ d[0] + d[1]) @ d[2] + d[3]
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    for_g, for_d = torch.optim.SGD(g, 0.3), torch.optim.SGD(d, 0.3)
    real, noise = torch.tensor(seeded(10, (N, 2))), torch.tensor(seeded(11, (N, 2)))
    yes, no = torch.ones(N, 1), torch.zeros(N, 1)
    logs = []
    for _ in range(STEPS):
        for_d.zero_grad()
        d_loss = bce(judge(real), yes) + bce(judge(generate(noise).detach()), no)
        d_loss.backward()
        for_d.step()
        for_g.zero_grad()
        g_loss = bce(judge(generate(noise)), yes)
        g_loss.backward()
        for_g.step()
        logs.append({"d_loss": d_loss.item(), "g_loss": g_loss.item()})
    weights = [[float(v) for v in np.ravel(w.detach().numpy())] for w in [*g, *d]]
    return {"name": "adversarial", "logs": logs, "weights": weights}


def main():
    x, y = xs()
    losses = ["sparse_categorical_crossentropy", "mean_squared_error"]
    metrics = [["accuracy"], ["mean_absolute_error"]]
    weights = [seeded(6, (N,), 0, 2), seeded(7, (N,), 0, 2)]
    cases = [
        train("plain", compiled(two_by_two(), loss=losses, metrics=metrics), x, y),
        train("lossWeights", compiled(two_by_two(), loss=losses, loss_weights=[0.5, 2.0], metrics=metrics), x, y),
        train(
            "sampleWeight",
            compiled(two_by_two(), loss=losses, metrics=metrics, weighted_metrics=[[], ["mean_squared_error"]]),
            x,
            y,
            sample_weight=weights,
        ),
    ]
    one = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    compiled(one, loss="sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    cases.append(train("classWeight", one, x[0], y[0], class_weight={0: 2.0, 2: 0.25}))
    target = seeded(8, (N, 4, 2))
    cases.append(
        train("mask", compiled(masked(), loss="mean_squared_error", metrics=["mean_absolute_error"]), masked_x(), target)
    )
    cases.append(
        train(
            "maskAndWeight",
            compiled(masked(), loss="mean_squared_error", weighted_metrics=["mean_absolute_error"]),
            masked_x(),
            target,
            sample_weight=seeded(9, (N, 4), 0, 2),
        )
    )
    versions = {**VERSIONS, "keras": keras.__version__}
    (DATA / "models.json").write_text(json.dumps({"versions": versions, "cases": cases, "adversarial": adversarial()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
