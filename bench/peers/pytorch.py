"""The PyTorch peer: a long-lived process that speaks JSON lines (see ../README.md).

Written as a good PyTorch user would on a CPU: logits with `F.cross_entropy`, gradients set to None. `variants` lists
the settings worth trying; the driver takes the fastest one for each work. `pytorch.py compile` compiles forward, loss
and backward by `torch.compile` instead, which takes half a minute a network: it does so while it is set up.
"""

import sys

from serve import LEARNING_RATE, POOL, missing, serve
from serve import EPSILON as ADAM_EPSILON

try:
    import torch
    from networks import LATENT, NETWORKS, discriminator, generator, is_image, loss_of
    from torch.nn import functional as F
except ImportError as error:
    missing(error)

COMPILES = sys.argv[1:] == ["compile"]
WARM_UP = 3  # steps in which torch.compile traces and compiles

VARIANTS = {
    "eager": {"channels_last": False, "fused": False},
    "eager, fused Adam": {"channels_last": False, "fused": True},
    "channels last": {"channels_last": True, "fused": False},
    "channels last, fused Adam": {"channels_last": True, "fused": True},
}


def training(work, batch, channels_last, fused):
    """Returns a function that does one training step and returns the loss as a number."""
    random = torch.Generator().manual_seed(1)
    build, sample, reproduces = NETWORKS[work]
    model = build().train()
    layout = torch.channels_last if channels_last and is_image(sample) else torch.contiguous_format
    model = model.to(memory_format=layout)
    shape = (batch, *sample)
    xs = [torch.rand(shape, generator=random).contiguous(memory_format=layout) for _ in range(POOL)]
    ys = [torch.randint(0, 10, (batch,), generator=random) for _ in range(POOL)]
    optimizer = adam(model, fused)
    loss_now = compiled(lambda x, y: loss_of(model, x, y, reproduces))
    at = 0

    def step():
        nonlocal at
        x, y = xs[at % POOL], ys[at % POOL]
        at += 1
        optimizer.zero_grad(set_to_none=True)
        loss = loss_now(x, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return warmed(step)


def adversarial(batch, fused):
    """A step of a generative adversarial network: the discriminator learns, then the generator."""
    g, d = generator().train(), discriminator().train()
    for_g, for_d = adam(g, fused), adam(d, fused)
    pool = [torch.rand(batch, 784) * 2 - 1 for _ in range(POOL)]
    yes, no = torch.ones(batch, 1), torch.zeros(batch, 1)
    judged = F.binary_cross_entropy_with_logits
    make = compiled(lambda z: g(z))
    d_loss_of = compiled(lambda real, fake: judged(d(real), yes) + judged(d(fake), no))
    g_loss_of = compiled(lambda fake: judged(d(fake), yes))
    at = 0

    def step():
        nonlocal at
        real = pool[at % POOL]
        at += 1
        fake = make(torch.randn(batch, LATENT))
        for_d.zero_grad(set_to_none=True)
        d_loss = d_loss_of(real, fake.detach())
        d_loss.backward()
        for_d.step()
        for_g.zero_grad(set_to_none=True)
        g_loss = g_loss_of(fake)
        g_loss.backward()
        for_g.step()
        return d_loss.item() + g_loss.item()

    return warmed(step)


def adam(model, fused):
    return torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, eps=ADAM_EPSILON, fused=fused)


def compiled(function):
    return torch.compile(function) if COMPILES else function


def warmed(step):
    for _ in range(WARM_UP if COMPILES else 0):
        step()
    return step


def prediction(work, batch):
    build, sample, _ = NETWORKS[work]
    model = compiled(build().eval())
    x = torch.rand((batch, *sample))

    @torch.inference_mode()
    def step():
        return F.softmax(model(x), dim=1).numpy()[0, 0].item()

    return warmed(step)


def matrix_product(size):
    a, b, out = torch.rand(size, size), torch.rand(size, size), torch.empty(size, size)

    @torch.inference_mode()
    def step():
        torch.mm(a, b, out=out)
        return out[0, 0].item()

    return step


def info():
    name = "torch.compile" if COMPILES else "PyTorch"
    return {"name": name, "version": torch.__version__, "variants": variants()}


def variants():
    """The settings worth trying for each work; a memory layout means nothing to a network without images."""
    settings = [name for name in VARIANTS if "fused" in name] if COMPILES else list(VARIANTS)
    plain = [name for name in settings if not VARIANTS[name]["channels_last"]]
    # Compiled code lays images out as it likes: trying both layouts would take another half minute.
    for_images = settings[-1:] if COMPILES else settings
    works = {work: for_images if is_image(sample) else plain for work, (_, sample, _) in NETWORKS.items()}
    return {**works, "gan": plain}


def setup(message):
    torch.manual_seed(1)
    torch.set_num_threads(message.get("threads", 1))
    kind = message.get("kind", "train")
    if kind == "train" and message["work"] == "gan":
        return adversarial(message["batch"], VARIANTS[message.get("variant") or "eager"]["fused"])
    if kind == "train":
        return training(message["work"], message["batch"], **VARIANTS[message.get("variant") or "eager"])
    if kind == "predict":
        return prediction(message["work"], message["batch"])
    if kind == "matmul":
        return matrix_product(message["size"])
    raise ValueError(f"unknown kind {kind!r}")


serve(info, setup)
