#!/usr/bin/env python3
"""Runs every command of the driver and every pass of the plugin on the models of
a folder. What they write is checked against each other and by stock mlir-opt:

* explain's text, csv and json; the kernels of csv and json sum to the total;
* search: its first point costs what explain says, every point is valid IR;
* apply of a point's candidate gives the bytes that search wrote;
* passes: search that leaves a decision and apply that carries it out give valid
  IR, and so do the rewriting passes after each other.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TARGET = "tpu-v3"
DECIDE = ("tessera-explain{target=tpu-v3},"
          "tessera-search{target=tpu-v3 allow=retrain apply=false},"
          "tessera-apply{target=tpu-v3 allow=retrain}")  # fmt: skip
REWRITE = ("tessera-reshape{target=tpu-v3},"
           "tessera-select-activations{target=tpu-v3 allow=retrain},"
           "tessera-fuse-convs{target=tpu-v3 allow=retrain},canonicalize")  # fmt: skip


class Failure(Exception):
    pass


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).splitlines()
        errors = [line[:300] for line in lines if "error" in line] or lines[-1:]
        told = "\n".join([" ".join(words), *errors])
        raise Failure(f"exit code {done.returncode}: {told}")
    return done.stdout


def require(condition, what):
    if not condition:
        raise Failure(what)


def near(a, b):
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b))


def check_explain(driver, model):
    def explain(*options):
        return run(driver, "explain", model, "--target", TARGET, *options)

    require("what would help" in explain(), "no advice in the text form")
    require(len(explain("--blocks").splitlines()) > 5, "no blocks")
    told = json.loads(explain("--format", "json"))
    rows = list(csv.DictReader(explain("--format", "csv").splitlines()))
    total = told["total"]["latency_ns"]
    require(len(rows) == len(told["kernels"]) > 0, "csv and json differ")
    for kernels in (rows, told["kernels"]):
        times = [float(kernel["latency_ns"]) for kernel in kernels]
        require(near(sum(times), total), "kernels do not sum to the total")
    return total


def check_search(args, model, out, latency_ns):
    run(args.driver, "search", model, "--target", TARGET, "--allow", "retrain",
        "-o", out)  # fmt: skip
    with open(os.path.join(out, "pareto.csv")) as file:
        points = list(csv.DictReader(file))
    require(near(float(points[0]["latency_ns"]), latency_ns),
            "the first point is not the model as explained")  # fmt: skip
    for point in points:
        run("mlir-opt", os.path.join(out, point["file"]), "-o", os.devnull)
    if len(points) > 1:
        check_apply(args.driver, model, out, points[-1])
    return len(points)


def check_apply(driver, model, out, point):
    again = os.path.join(out, "again.mlir")
    run(driver, "apply", model, "--target", TARGET, "--candidate",
        point["candidate"], "-o", again)  # fmt: skip
    with open(again) as one, open(os.path.join(out, point["file"])) as other:
        require(one.read() == other.read(), f"apply differs from {point['file']}")


def check_passes(plugin, model):
    for passes in (DECIDE, REWRITE):
        run("mlir-opt", model, f"--load-pass-plugin={plugin}",
            f"--pass-pipeline=builtin.module({passes})", "-o", os.devnull)  # fmt: skip


def check_model(args, name):
    model = os.path.join(args.models, name)
    try:
        latency_ns = check_explain(args.driver, model)
        out = os.path.join(args.work, os.path.splitext(name)[0])
        points = check_search(args, model, out, latency_ns)
        check_passes(args.plugin, model)
    except Failure as failure:
        print(f"{name}: {failure}")
        return False
    print(f"{name}: {latency_ns / 1e3:.1f} us, {points} points")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--plugin", required=True)
    parser.add_argument("--work", required=True, help="folder for results")
    parser.add_argument("models", help="folder of .mlir files")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    names = sorted(n for n in os.listdir(args.models) if n.endswith(".mlir"))
    with ThreadPoolExecutor(2) as pool:
        fine = list(pool.map(lambda name: check_model(args, name), names))
    print(f"{len(names)} models, {fine.count(False)} failed")
    return 1 if not names or False in fine else 0


if __name__ == "__main__":
    sys.exit(main())
