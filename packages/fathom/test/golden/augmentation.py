"""Makes data/augmentation.json with PyTorch's grid_sample; run it by hand, offline, and commit what it writes.

    python augmentation.py
"""

import json

import torch
from generate import DATA, VERSIONS, seeded
from torch.nn import functional as F

MODES = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}
SHAPE = [3, 6, 7, 2]


def transform(x, maps, mode):
    batch, height, width, _ = x.shape
    v, u = torch.meshgrid(
        torch.arange(height, dtype=x.dtype) - (height - 1) / 2,
        torch.arange(width, dtype=x.dtype) - (width - 1) / 2,
        indexing="ij",
    )
    a, b, tx, c, d, ty = (maps[:, i].reshape(batch, 1, 1) for i in range(6))
    sx = a * u + b * v + tx + (width - 1) / 2
    sy = c * u + d * v + ty + (height - 1) / 2
    # grid_sample counts from −1 to 1 over the outer edges of the pixels.
    grid = torch.stack([(2 * sx + 1) / width - 1, (2 * sy + 1) / height - 1], dim=-1)
    y = F.grid_sample(x.permute(0, 3, 1, 2), grid, mode="bilinear", padding_mode=mode, align_corners=False)
    return y.permute(0, 2, 3, 1)


def main():
    x = torch.tensor(seeded(1, SHAPE), dtype=torch.float64)
    maps = torch.tensor(seeded(2, [SHAPE[0], 6], -1.5, 1.5), dtype=torch.float64)
    cases = [
        {"fillMode": ours, "value": [float(v) for v in transform(x, maps, theirs).float().flatten()]}
        for ours, theirs in MODES.items()
    ]
    path = DATA / "augmentation.json"
    path.write_text(json.dumps({"versions": VERSIONS, "shape": SHAPE, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
