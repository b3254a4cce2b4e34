"""The PyTorch peer: a long-lived process that speaks JSON lines (see ../README.md).

Written as a good PyTorch user would on a CPU: eager mode, logits with `F.cross_entropy`, gradients set to
None. `variants` lists the other settings worth trying; the driver takes the fastest one for each work.
"""

import json
import sys
import time

try:
    import torch
    from networks import NETWORKS, is_image, loss_of
    from torch.nn import functional as F
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    sys.exit(0)

LEARNING_RATE = 1e-3
ADAM_EPSILON = 1e-7  # Keras' default, which Fathom uses
POOL = 8  # different batches, taken in turn

VARIANTS = {
    "eager": {"channels_last": False, "fused": False},
    "eager, fused Adam": {"channels_last": False, "fused": True},
    "channels last": {"channels_last": True, "fused": False},
    "channels last, fused Adam": {"channels_last": True, "fused": True},
}


def training(work, batch, channels_last, fused):
    """Returns a function that does one training step and returns the loss as a number."""
    generator = torch.Generator().manual_seed(1)
    build, sample, reproduces = NETWORKS[work]
    model = build().train()
    layout = torch.channels_last if channels_last and is_image(sample) else torch.contiguous_format
    model = model.to(memory_format=layout)
    shape = (batch, *sample)
    xs = [torch.rand(shape, generator=generator).contiguous(memory_format=layout) for _ in range(POOL)]
    ys = [torch.randint(0, 10, (batch,), generator=generator) for _ in range(POOL)]
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, eps=ADAM_EPSILON, fused=fused)
    at = 0

    def step():
        nonlocal at
        x, y = xs[at % POOL], ys[at % POOL]
        at += 1
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model, x, y, reproduces)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def prediction(work, batch):
    build, sample, _ = NETWORKS[work]
    model = build().eval()
    x = torch.rand((batch, *sample))

    @torch.inference_mode()
    def step():
        return F.softmax(model(x), dim=1).numpy()[0, 0].item()

    return step


def matrix_product(size):
    a, b, out = torch.rand(size, size), torch.rand(size, size), torch.empty(size, size)

    @torch.inference_mode()
    def step():
        torch.mm(a, b, out=out)
        return out[0, 0].item()

    return step


def main():
    steps = {}
    for line in sys.stdin:
        message = json.loads(line)
        command = message["cmd"]
        try:
            if command == "info":
                answer = {"name": "PyTorch", "version": torch.__version__, "variants": variants()}
            elif command == "setup":
                steps[message["id"]] = setup(message)
                answer = {"ready": True}
            elif command == "run":
                answer = timed(steps[message["id"]], message["steps"], message.get("warmup", 0))
            elif command == "clear":
                steps.clear()
                answer = {"ready": True}
            else:
                raise ValueError(f"unknown command {command!r}")
        except Exception as error:  # every failure becomes a line the driver can print
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def variants():
    """The settings worth trying for each work; a memory layout means nothing to a network without images."""
    plain = [name for name, options in VARIANTS.items() if not options["channels_last"]]
    return {work: list(VARIANTS) if is_image(sample) else plain for work, (_, sample, _) in NETWORKS.items()}


def setup(message):
    torch.manual_seed(1)
    torch.set_num_threads(message.get("threads", 1))
    kind = message.get("kind", "train")
    if kind == "train":
        return training(message["work"], message["batch"], **VARIANTS[message.get("variant") or "eager"])
    if kind == "predict":
        return prediction(message["work"], message["batch"])
    if kind == "matmul":
        return matrix_product(message["size"])
    raise ValueError(f"unknown kind {kind!r}")


def timed(step, steps, warmup):
    value = None
    for _ in range(warmup):
        value = step()
    ms = []
    for _ in range(steps):
        start = time.perf_counter()
        value = step()
        ms.append((time.perf_counter() - start) * 1000)
    return {"ms": ms, "value": value}


main()
