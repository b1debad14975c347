#!/usr/bin/env python3
"""Counts the zoo's networks again in the frameworks that define them.

    pip install torch torchvision timm transformers
    test/zoo/recount.py [build/bin/tessera]

Prints parameters and multiply-accumulates (half of what PyTorch's counter calls
FLOPs: convolutions and products, attention's included) of each network at the
zoo's own size; given the driver, compares them with what `tessera zoo` says of
the network that it writes and ends with 1 where one differs. The figures stand
in test/unit/zoo/counts.c."""
import re
import subprocess
import sys

import timm
import torch
import torchvision
import transformers
from torch.utils.flop_counter import FlopCounterMode

IMAGES = [
    *((f"efficientnet-b{i}", f"efficientnet_b{i}", size) for i, size in
      enumerate((224, 240, 260, 300, 380, 456, 528, 600))),
    ("mobilenet-v2", "mobilenet_v2", 224),
    ("mobilenet-v3-large", "mobilenet_v3_large", 224),
    ("resnet-50", "resnet50", 224),
    ("resnext-50", "resnext50_32x4d", 224),
    ("convnext-tiny", "convnext_tiny", 224),
    ("vit-b16", "vit_b_16", 224),
]  # fmt: skip


def count(model, *inputs, **options):
    """Shared tensors count once."""
    model.eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(*inputs, **options)
    parameters = {id(p): p.numel() for p in model.parameters()}
    return sum(parameters.values()), counter.get_total_flops() // 2


def words(length):
    return torch.zeros(1, length, dtype=torch.long)


def count_all():
    with torch.device("meta"):
        for name, function, size in IMAGES:
            model = getattr(torchvision.models, function)()
            yield name, count(model, torch.empty(1, 3, size, size))
        yield "efficientnet-edgetpu", count(timm.create_model("efficientnet_es"),
                                            torch.empty(1, 3, 224, 224))  # fmt: skip
        bert = transformers.BertModel(transformers.BertConfig())
        yield "bert-base", count(bert, words(128))
    config = transformers.GPT2Config()
    config._attn_implementation = "eager"
    gpt2 = transformers.GPT2LMHeadModel(config)
    yield "gpt2-small-prefill", count(gpt2, words(1024), use_cache=False)


def of_zoo(driver, name):
    told = subprocess.run([driver, "zoo", name, "-o", "/dev/null"], check=True,
                          capture_output=True, text=True)  # fmt: skip
    found = re.search(r"([\d,]+) parameters, ([\d,]+) mult",
                      told.stdout + told.stderr)  # fmt: skip
    return tuple(int(number.replace(",", "")) for number in found.groups())


def main():
    versions = [f"{library.__name__} {library.__version__}"
                for library in (torch, torchvision, timm, transformers)]  # fmt: skip
    print(", ".join(versions))
    different = 0
    for name, counts in count_all():
        verdict = ""
        if len(sys.argv) > 1:
            same = of_zoo(sys.argv[1], name) == counts
            verdict = "  equal" if same else "  DIFFERENT"
            different += not same
        print(f"{name:22}{counts[0]:12,}{counts[1]:17,}{verdict}", flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
