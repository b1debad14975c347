"""Sums of explain's blocks against its totals and its kernels.

    block_sums.py TESSERA MODEL..."""
import json
import subprocess
import sys


def told(driver, model, *options):
    return subprocess.run([driver, "explain", model, "-t", "tpu-v3", *options],
                          check=True, capture_output=True, text=True).stdout


def near(a, b):
    return abs(a - b) <= 1e-6 * abs(b)


def check(driver, model):
    data = json.loads(told(driver, model, "--format", "json"))
    total, blocks, kernels = data["total"], data["blocks"], data["kernels"]
    assert sum(b["macs"] for b in blocks) == total["macs"], "macs"
    for i, block in enumerate(blocks):
        own = [k for k in kernels if k["block"] == i]
        assert block["kernels"] == len(own), "kernels"
        assert block["macs"] == sum(k["macs"] for k in own), "macs of a block"
        assert near(block["latency_ns"], sum(k["latency_ns"] for k in own)), "time"
    outside = [k["latency_ns"] for k in kernels if k["block"] is None]
    parts = sum(b["latency_ns"] for b in blocks) + sum(outside)
    assert near(parts + total["program_overhead_ns"], total["latency_ns"]), "total"
    params = sum(b["params"] for b in blocks)
    assert params <= total["params"], "params"
    text = told(driver, model, "--blocks")
    assert text.count("\n") <= len(blocks) + 25, "rows"
    print(f"{len(blocks)} blocks, {total['params'] - params} params outside")


for name in sys.argv[2:]:
    check(sys.argv[1], name)
