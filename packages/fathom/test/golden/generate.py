"""Makes the golden files in data/ with PyTorch; run it by hand, offline, and commit what it writes.

    python generate.py

Operands, cotangents, weights and batches are not stored: both sides compute them from a seed with `seeded` below
(in TypeScript: golden/seeded.ts), exactly. What is stored are PyTorch's results, as the shortest decimals that give
back the same float32. Single functions are computed in float64 and rounded once; training runs in float32, as
PyTorch's users run it, and its losses are kept in float64 too. Tensors are channels last, as Fathom keeps them; only
this file knows PyTorch's order of the axes.
"""

import json
import math
import pathlib
import platform

import numpy as np
import torch
from torch.nn import functional as F

DATA = pathlib.Path(__file__).parent / "data"
VERSIONS = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


# --- what both sides compute ---------------------------------------------------------------------------------


def words(seed, count):
    """Uniform 32-bit words: the finalizer of MurmurHash3 over a Weyl sequence."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed) * np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h


def seeded(seed, shape, low=-1.0, high=1.0):
    """Uniform float32 in [low, high): 24 bits of each word."""
    unit = (words(seed, math.prod(shape)) >> np.uint32(8)).astype(np.float64) / 2**24
    return (low + unit * (high - low)).astype(np.float32).reshape(shape)


def labels(seed, count, classes):
    return (words(seed, count) % np.uint32(classes)).astype(np.int64)


# --- single functions ----------------------------------------------------------------------------------------


class Case:
    """A function of some seeded operands; its value and the gradients of <dy, value> go into the file."""

    def __init__(self, name, function, operands, attrs=None, fixed=0):
        self.name = name
        self.function = function
        self.operands = operands
        self.attrs = attrs or {}
        self.fixed = fixed  # so many operands at the end have no gradient

    def run(self, index):
        specs = [
            {"shape": list(shape), "seed": 1000 * index + k, "low": low, "high": high}
            for k, (shape, low, high) in enumerate(self.operands)
        ]
        tensors = [
            torch.tensor(seeded(s["seed"], s["shape"], s["low"], s["high"]), dtype=torch.float64) for s in specs
        ]
        free = tensors[: len(tensors) - self.fixed]
        for tensor in free:
            tensor.requires_grad_()
        y = self.function(*tensors)
        dy = torch.tensor(seeded(1000 * index + 999, list(y.shape)), dtype=torch.float64)
        y.backward(dy)
        return {
            "name": self.name,
            "attrs": self.attrs,
            "inputs": specs,
            "cotangentSeed": 1000 * index + 999,
            "shape": list(y.shape),
            "value": numbers(y),
            "gradients": [numbers(x.grad) for x in free],
        }


def numbers(tensor):
    array = tensor.detach().numpy().astype(np.float32).ravel()
    return [json.loads(str(value)) for value in array]


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def margins(extent, kernel, stride, dilation=1):
    """Keras' `same`: ceil(extent / stride) results, the odd cell of padding at the end."""
    reach = (kernel - 1) * dilation + 1
    total = max(0, (math.ceil(extent / stride) - 1) * stride + reach - extent)
    return total // 2, total - total // 2


def padded(x, attrs, kernel, value=0.0):
    if attrs["padding"] == "valid":
        return x
    dilation = attrs.get("dilationRate", [1, 1])
    top, bottom = margins(x.shape[2], kernel[0], attrs["strides"][0], dilation[0])
    left, right = margins(x.shape[3], kernel[1], attrs["strides"][1], dilation[1])
    return F.pad(x, (left, right, top, bottom), value=value)


def conv2d(strides, padding, dilation, groups):
    attrs = {"strides": strides, "padding": padding, "dilationRate": dilation, "groups": groups}

    def function(x, w):
        x = padded(nchw(x), attrs, w.shape[:2])
        return nhwc(F.conv2d(x, w.permute(3, 2, 0, 1), stride=strides, dilation=dilation, groups=groups))

    return attrs, function


def max_pool(size, strides, padding):
    attrs = {"poolSize": size, "strides": strides, "padding": padding}

    def function(x):
        return nhwc(F.max_pool2d(padded(nchw(x), attrs, size, -math.inf), size, strides))

    return attrs, function


def average_pool(size, strides, padding):
    """The mean of the cells inside the image: padding does not count."""
    attrs = {"poolSize": size, "strides": strides, "padding": padding}

    def function(x):
        inside = torch.ones_like(nchw(x)[:1, :1])
        total = F.avg_pool2d(padded(nchw(x), attrs, size), size, strides)
        return nhwc(total / F.avg_pool2d(padded(inside, attrs, size), size, strides))

    return attrs, function


EPSILON = 1e-3


def batch_norm_training(x, gamma, beta):
    return nhwc(F.batch_norm(nchw(x), None, None, gamma, beta, training=True, eps=EPSILON))


def batch_norm_inference(x, gamma, beta, mean, variance):
    return nhwc(F.batch_norm(nchw(x), mean, variance, gamma, beta, training=False, eps=EPSILON))


def functions():
    image = lambda *shape: (shape, -1.0, 1.0)  # noqa: E731
    one = lambda low, high: [((6, 7), low, high)]  # noqa: E731
    yield Case("exp", torch.exp, one(-5.0, 5.0))
    yield Case("log", torch.log, one(0.01, 5.0))
    yield Case("sqrt", torch.sqrt, one(0.01, 5.0))
    yield Case("tanh", torch.tanh, one(-4.0, 4.0))
    yield Case("sigmoid", torch.sigmoid, one(-8.0, 8.0))
    yield Case("relu", F.relu, one(-2.0, 2.0))
    yield Case("leakyRelu", lambda x: F.leaky_relu(x, 0.3), one(-2.0, 2.0), {"negativeSlope": 0.3})
    yield Case("softmax", lambda x: F.softmax(x, -1), one(-6.0, 6.0))
    yield Case("logSoftmax", lambda x: F.log_softmax(x, -1), one(-6.0, 6.0))
    yield Case("softmax", lambda x: F.softmax(x, -1), [((3, 5), -300.0, 300.0)])
    yield Case("logSoftmax", lambda x: F.log_softmax(x, -1), [((3, 5), -300.0, 300.0)])
    yield Case("matmul", torch.matmul, [image(5, 7), image(7, 9)])
    yield Case("matmul", torch.matmul, [image(17, 33), image(33, 3)])

    for shape, kernel, *rest in [
        ((2, 7, 8, 3), (3, 3, 3, 4), [1, 1], "valid", [1, 1], 1),
        ((2, 7, 8, 3), (3, 3, 3, 4), [1, 1], "same", [1, 1], 1),
        ((2, 8, 7, 2), (3, 2, 2, 5), [2, 2], "same", [1, 1], 1),
        ((1, 9, 8, 2), (2, 3, 2, 3), [2, 1], "valid", [1, 1], 1),
        ((2, 9, 9, 2), (3, 3, 2, 3), [1, 1], "valid", [2, 2], 1),
        ((1, 9, 8, 2), (3, 3, 2, 3), [1, 1], "same", [2, 3], 1),
        ((2, 6, 6, 4), (3, 3, 2, 6), [1, 1], "same", [1, 1], 2),
        ((1, 6, 7, 4), (3, 3, 1, 8), [2, 2], "valid", [1, 1], 4),
        ((2, 5, 5, 8), (1, 1, 8, 16), [1, 1], "valid", [1, 1], 1),
        ((1, 12, 12, 1), (5, 5, 1, 6), [1, 1], "same", [1, 1], 1),
    ]:
        attrs, function = conv2d(*rest)
        yield Case("conv2d", function, [image(*shape), image(*kernel)], attrs)

    for shape, *rest in [
        ((2, 6, 8, 3), [2, 2], [2, 2], "valid"),
        ((2, 7, 7, 3), [2, 2], [2, 2], "valid"),
        ((2, 7, 7, 3), [3, 3], [2, 2], "same"),
        ((1, 8, 7, 2), [3, 2], [1, 2], "valid"),
    ]:
        attrs, function = max_pool(*rest)
        yield Case("maxPool2d", function, [image(*shape)], attrs)
        attrs, function = average_pool(*rest)
        yield Case("averagePool2d", function, [image(*shape)], attrs)

    channels = [((5,), 0.5, 1.5), ((5,), -1.0, 1.0)]
    yield Case("batchNormTraining", batch_norm_training, [image(4, 3, 3, 5), *channels], {"epsilon": EPSILON})
    running = [((5,), -0.5, 0.5), ((5,), 0.5, 2.0)]
    yield Case(
        "batchNormInference",
        batch_norm_inference,
        [image(4, 3, 3, 5), *channels, *running],
        {"epsilon": EPSILON},
        fixed=len(running),
    )

    target = torch.tensor(seeded(77, (6, 4), 0.0, 1.0), dtype=torch.float64)
    truth = torch.round(target)
    share = target / target.sum(-1, keepdim=True)
    digits = labels(78, 6, 4)
    index = torch.tensor(digits)
    probability = [((6, 4), 0.02, 0.98)]
    logits = [((6, 4), -5.0, 5.0)]
    yield Case("meanSquaredError", lambda x: F.mse_loss(x, target), [image(6, 4)], {"targets": numbers(target)})
    yield Case(
        "binaryCrossentropy",
        lambda x: F.binary_cross_entropy(x, truth),
        probability,
        {"targets": numbers(truth), "fromLogits": False},
    )
    yield Case(
        "binaryCrossentropy",
        lambda x: F.binary_cross_entropy_with_logits(x, truth),
        logits,
        {"targets": numbers(truth), "fromLogits": True},
    )
    # Keras scales probabilities to sum 1 before it takes logarithms.
    yield Case(
        "categoricalCrossentropy",
        lambda x: -(share32(share) * torch.log(x / x.sum(-1, keepdim=True))).sum(-1).mean(),
        probability,
        {"targets": numbers(share), "fromLogits": False},
    )
    yield Case(
        "categoricalCrossentropy",
        lambda x: F.cross_entropy(x, share32(share)),
        logits,
        {"targets": numbers(share), "fromLogits": True},
    )
    yield Case(
        "sparseCategoricalCrossentropy",
        lambda x: F.cross_entropy(x, index),
        logits,
        {"targets": digits.tolist(), "fromLogits": True},
    )
    yield Case(
        "sparseCategoricalCrossentropy",
        lambda x: F.nll_loss(torch.log(x / x.sum(-1, keepdim=True)), index),
        probability,
        {"targets": digits.tolist(), "fromLogits": False},
    )


def share32(share):
    """The targets as the file holds them."""
    return share.to(torch.float32).to(torch.float64)


# --- training ------------------------------------------------------------------------------------------------

BATCH = 8
STEPS = 10
BATCHES = 3  # taken in turn, so that the loss falls and a wrong gradient shows
LEARNING_RATE, BETA1, BETA2, ADAM_EPSILON = 1e-3, 0.9, 0.999, 1e-7


def conv(x, w, b, padding="valid"):
    attrs = {"strides": [1, 1], "padding": padding}
    return F.relu(F.conv2d(padded(x, attrs, w.shape[:2]), w.permute(3, 2, 0, 1), b))


def flatten(x):
    """Row by row, the channels of a place together."""
    return nhwc(x).reshape(x.shape[0], -1)


def mlp(x, w1, b1, w2, b2):
    return F.relu(x.reshape(BATCH, -1) @ w1 + b1) @ w2 + b2


def lenet5(x, w1, b1, w2, b2, w3, b3, w4, b4, w5, b5):
    x = F.max_pool2d(conv(nchw(x), w1, b1, "same"), 2)
    x = F.max_pool2d(conv(x, w2, b2), 2)
    return F.relu(F.relu(flatten(x) @ w3 + b3) @ w4 + b4) @ w5 + b5


def cnn(x, w1, b1, w2, b2, w3, b3):
    x = F.max_pool2d(conv(nchw(x), w1, b1), 2)
    x = F.max_pool2d(conv(x, w2, b2), 2)
    return flatten(x) @ w3 + b3


NETWORKS = {
    "mlp": (mlp, [(784, 128), (128, 10)]),
    "lenet5": (lenet5, [(5, 5, 1, 6), (5, 5, 6, 16), (400, 120), (120, 84), (84, 10)]),
    "cnn": (cnn, [(3, 3, 1, 32), (3, 3, 32, 64), (1600, 10)]),
}


def weights_of(kernels):
    """A kernel and a bias for each layer, in the order of Keras' get_weights."""
    specs = []
    for layer, shape in enumerate(kernels):
        receptive = math.prod(shape[:-2])
        limit = math.sqrt(6 / (receptive * (shape[-2] + shape[-1])))
        specs.append({"shape": list(shape), "seed": 500 + 2 * layer, "low": -limit, "high": limit})
        specs.append({"shape": [shape[-1]], "seed": 501 + 2 * layer, "low": -0.1, "high": 0.1})
    return specs


def train(network, kernels, dtype):
    specs = weights_of(kernels)
    parameters = [
        torch.tensor(seeded(s["seed"], s["shape"], s["low"], s["high"]), dtype=dtype, requires_grad=True)
        for s in specs
    ]
    slots = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]
    losses = []
    for step in range(1, STEPS + 1):
        batch = (step - 1) % BATCHES
        x = torch.tensor(seeded(900 + batch, (BATCH, 28, 28, 1), 0.0, 1.0), dtype=dtype)
        y = torch.tensor(labels(950 + batch, BATCH, 10))
        loss = F.cross_entropy(network(x, *parameters), y)
        gradients = torch.autograd.grad(loss, parameters)
        losses.append(loss.item())
        with torch.no_grad():
            # Adam as Keras has it: the corrections of both moments in the rate, epsilon beside the plain root.
            rate = LEARNING_RATE * math.sqrt(1 - BETA2**step) / (1 - BETA1**step)
            for p, (m, v), g in zip(parameters, slots, gradients):
                m += (g - m) * (1 - BETA1)
                v += (g * g - v) * (1 - BETA2)
                p -= rate * m / (torch.sqrt(v) + ADAM_EPSILON)
    norms = [math.sqrt((p.detach().double() ** 2).sum().item()) for p in parameters]
    return specs, losses, norms


def training():
    for name, (network, kernels) in NETWORKS.items():
        specs, losses, norms = train(network, kernels, torch.float32)
        _, precise, _ = train(network, kernels, torch.float64)
        yield {"name": name, "weights": specs, "losses": losses, "losses64": precise, "norms": norms}


def write(name, content):
    DATA.mkdir(exist_ok=True)
    path = DATA / name
    path.write_text(json.dumps({"versions": VERSIONS, **content}, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def main():
    torch.set_num_threads(1)
    write("functions.json", {"cases": [case.run(i) for i, case in enumerate(functions(), start=1)]})
    hyper = {
        "batch": BATCH,
        "batches": BATCHES,
        "steps": STEPS,
        "learningRate": LEARNING_RATE,
        "beta1": BETA1,
        "beta2": BETA2,
        "epsilon": ADAM_EPSILON,
        "imageSeed": 900,
        "labelSeed": 950,
    }
    write("training.json", {**hyper, "networks": list(training())})


if __name__ == "__main__":
    main()
