"""`python export_onnx.py FOLDER`: LeNet-5 and ResNet-18 as ONNX files for onnxruntime, with softmax, any batch size."""

import sys
import warnings
from pathlib import Path

import torch
from networks import NETWORKS

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
for work in ("lenet5", "resnet18"):
    build, sample, _ = NETWORKS[work]
    torch.manual_seed(1)
    model = torch.nn.Sequential(build(), torch.nn.Softmax(dim=1)).eval()
    batch = torch.export.Dim("batch", min=1, max=1024)
    torch.onnx.export(
        model,
        (torch.rand(2, *sample),),
        str(folder / f"{work}.onnx"),
        input_names=["x"],
        output_names=["y"],
        dynamo=True,
        dynamic_shapes=({0: batch},),
        verbose=False,
    )
