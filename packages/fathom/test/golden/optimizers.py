"""Makes data/optimizers.json with Keras and PyTorch; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python optimizers.py

Trajectories: every optimizer, with each of its own options and with each option that all of them take, updates a
kernel [2, 3] and a bias [3] for 20 steps. First values and gradients come from a seed, as in generate.py. Kept are
the values after some steps in float64, rounded to 12 digits, and after the last one in float32, as Keras' users run
it. Schedules: the rates at some steps, in float64; those of Keras, and PyTorch's for the one cycle that Keras lacks.
"""

import keras
import numpy as np
import torch
from keras import optimizers
from keras.optimizers import schedules

import generate
from generate import seeded

generate.VERSIONS["keras"] = keras.__version__

STEPS = 20
KEPT = [1, 2, 6, 20]
SHAPES = {"kernel": [2, 3], "bias": [3]}

OWN = {
    "sgd": (optimizers.SGD, [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}]),
    "rmsprop": (
        optimizers.RMSprop,
        [{}, {"centered": True}, {"momentum": 0.5}, {"centered": True, "momentum": 0.5, "rho": 0.8, "epsilon": 1e-3}],
    ),
    "adagrad": (optimizers.Adagrad, [{}, {"initial_accumulator_value": 0.0, "epsilon": 1e-3}]),
    "adadelta": (optimizers.Adadelta, [{"learning_rate": 1.0}, {"rho": 0.7, "epsilon": 1e-3}]),
    "adam": (optimizers.Adam, [{}, {"amsgrad": True}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 1e-2}]),
    "adamW": (optimizers.AdamW, [{}, {"weight_decay": 0.1, "amsgrad": True}]),
    "adamax": (optimizers.Adamax, [{}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 1e-2}]),
    "nadam": (optimizers.Nadam, [{}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 1e-2}]),
    "lion": (optimizers.Lion, [{}, {"beta_1": 0.5, "beta_2": 0.8}]),
}

COMMON = [
    {"weight_decay": 0.2},
    {"weight_decay": 0.2, "exclude_from_weight_decay": ["bias"]},
    {"clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.7},
    {"use_ema": True, "ema_momentum": 0.8},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 3},
]

# Options together, and constraints, whose place in the step shows only there.
TOGETHER = [
    ("adam", {"gradient_accumulation_steps": 3, "weight_decay": 0.1, "clipnorm": 0.4}, None),
    ("adam", {"gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}, None),
    ("nadam", {"gradient_accumulation_steps": 2, "global_clipnorm": 0.5}, None),
    ("sgd", {"momentum": 0.9, "gradient_accumulation_steps": 4}, "max_norm"),
    ("sgd", {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 2}, "max_norm"),
    ("adam", {}, "non_neg"),
]
CONSTRAINTS = {"max_norm": keras.constraints.MaxNorm(0.6), "non_neg": keras.constraints.NonNeg()}
RATE = 0.05


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)



def run(maker, options, constraint, dtype):
    keras.config.set_floatx(dtype)
    options = {"learning_rate": RATE, **options}
    spared = options.pop("exclude_from_weight_decay", None)
    optimizer = maker(**options)
    if spared:
        optimizer.exclude_from_weight_decay(var_names=spared)
    variables = [
        keras.Variable(seeded(40 + i, shape).astype(dtype), name=name, dtype=dtype)
        for i, (name, shape) in enumerate(SHAPES.items())
    ]
    if constraint:
        variables[0].constraint = CONSTRAINTS[constraint]
    optimizer.build(variables)
    values = []
    for step in range(1, STEPS + 1):
        gradients = [
            torch.tensor(seeded(100 * step + i, shape).astype(dtype)) for i, shape in enumerate(SHAPES.values())
        ]
        optimizer.apply(gradients, variables)
        if step in KEPT:
            values.append(flat(variables))
    final = None
    if options.get("use_ema"):
        optimizer.finalize_variable_values(variables)
        final = flat(variables)
    return values, final


def flat(variables):
    return np.concatenate([v.numpy().astype(np.float64).ravel() for v in variables])


def short(values, digits=12):
    return [float(f"{value:.{digits}g}") for value in values]


def trajectory(name, maker, options, constraint=None):
    values, final = run(maker, options, constraint, "float64")
    single, _ = run(maker, options, constraint, "float32")
    shown = {"learningRate": RATE, **{camel(key): value for key, value in options.items()}}
    case = {"optimizer": name, "options": shown, "constraint": constraint and camel(constraint)}
    case["values"] = [short(value) for value in values]
    case["last32"] = short(single[-1], 9)
    if final is not None:
        case["finished"] = short(final)
    return case


def trajectories():
    for name, (maker, own) in OWN.items():
        for options in own:
            yield trajectory(name, maker, options)
        for options in COMMON:
            yield trajectory(name, maker, options)
    for name, options, constraint in TOGETHER:
        yield trajectory(name, OWN[name][0], options, constraint)


AT = [0, 1, 2, 5, 9, 10, 11, 19, 20, 21, 25, 35, 50, 69, 70, 71, 99, 100, 101, 150]
SCHEDULES = [
    (schedules.ExponentialDecay, {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9}),
    (schedules.ExponentialDecay, {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": True}),
    (schedules.InverseTimeDecay, {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    (schedules.InverseTimeDecay, {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    (schedules.PiecewiseConstantDecay, {"boundaries": [10, 50, 100], "values": [1.0, 0.5, 0.25, 0.1]}),
    (schedules.PolynomialDecay, {"initial_learning_rate": 0.1, "decay_steps": 50}),
    (schedules.PolynomialDecay, {"initial_learning_rate": 0.1, "decay_steps": 50, "end_learning_rate": 0.01, "power": 2.5}),
    (schedules.PolynomialDecay, {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 0.5, "cycle": True}),
    (schedules.CosineDecay, {"initial_learning_rate": 0.1, "decay_steps": 100}),
    (schedules.CosineDecay, {"initial_learning_rate": 0.1, "decay_steps": 70, "alpha": 0.2}),
    (
        schedules.CosineDecay,
        {"initial_learning_rate": 0.01, "decay_steps": 80, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 20},
    ),
    (schedules.CosineDecayRestarts, {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
    (
        schedules.CosineDecayRestarts,
        {"initial_learning_rate": 0.1, "first_decay_steps": 20, "t_mul": 1.0, "m_mul": 0.7, "alpha": 0.05},
    ),
    (
        schedules.CosineDecayRestarts,
        {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1},
    ),
]
CYCLES = [
    {"max_lr": 0.4, "total_steps": 101},
    {"max_lr": 0.4, "total_steps": 100, "pct_start": 0.2, "div_factor": 10, "final_div_factor": 100, "anneal_strategy": "linear"},
]
TORCH_NAMES = {
    "max_lr": "maxLearningRate",
    "total_steps": "totalSteps",
    "pct_start": "warmupShare",
    "div_factor": "divFactor",
    "final_div_factor": "finalDivFactor",
    "anneal_strategy": "anneal",
}


def rates():
    keras.config.set_floatx("float64")
    for maker, options in SCHEDULES:
        schedule = maker(**options)
        at = [float(schedule(step)) for step in AT]
        name = maker.__name__[0].lower() + maker.__name__[1:]
        yield {"name": name, "options": {camel(key): value for key, value in options.items()}, "at": AT, "rates": short(at)}
    for options in CYCLES:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, cycle_momentum=False, **options)
        at = []
        for _ in range(options["total_steps"]):
            at.append(schedule.get_last_lr()[0])
            optimizer.step()
            if len(at) < options["total_steps"]:
                schedule.step()
        steps = [step for step in AT if step < options["total_steps"]]
        named = {TORCH_NAMES[key]: value for key, value in options.items()}
        yield {"name": "oneCycle", "options": named, "at": steps, "rates": short([at[step] for step in steps])}


def main():
    torch.set_num_threads(1)
    content = {
        "steps": STEPS,
        "kept": KEPT,
        "shapes": SHAPES,
        "trajectories": list(trajectories()),
        "schedules": list(rates()),
    }
    generate.write("optimizers.json", content)


if __name__ == "__main__":
    main()
