#!/usr/bin/env python3
"""Verifies the exact result of a search on the models of a folder.

A model of batch 128 is taken at batch 1, which its types alone say: the same
ops in a hundredth of the time. Prints what came out of each."""
import argparse
import os
import re
import subprocess
import sys



def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def at_batch_one(path, work):
    """128 is no other dimension of EfficientNet-B0."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    text = text.replace("tensor<128x", "tensor<1x").replace("[128, ", "[1, ")
    path = os.path.join(work, os.path.basename(path).replace("b128", "b1"))
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def verify(driver, path, work):
    """What verify says of the last exact point of a search."""
    name = os.path.basename(path)
    if ".b128." in name:
        path = at_batch_one(path, work)
    exact = os.path.join(work, "exact." + name)
    code, told = run(driver, "search", path, "--target", "tpu-v3", "--allow",
                     "exact", "-o", exact)  # fmt: skip
    if code:
        return code, told
    points = [f for f in os.listdir(exact) if f.endswith(".mlir")]
    last = max(points, key=lambda f: int(re.search(r"(\d+)\.mlir$", f).group(1)))
    return run(driver, "verify", path, os.path.join(exact, last), "--seeds", "1")


def complaint(name, code, told):
    """None, or what is wrong with an answer."""
    shows = re.search(r"other data changes .* by ([\d.e+-]+)%", told)
    rounding = re.search(r"of the first by ([\d.]+)%, of the second by ([\d.]+)%",
                         told)  # fmt: skip
    if code or not told.startswith("equal"):
        return "not equal"
    if not shows or float(shows.group(1)) < 0.1:
        return "hardly depends on the data"
    if (".bf16." in name) != bool(rounding):
        return "16-bit floats are taken for others"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--work", required=True, help="folder for results")
    parser.add_argument("models", help="folder of .mlir files")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    names = sorted(n for n in os.listdir(args.models) if n.endswith(".mlir"))
    failed = 0
    for name in names:
        code, told = verify(args.driver, os.path.join(args.models, name),
                            args.work)  # fmt: skip
        wrong = complaint(name, code, told)
        print(f"== {name}\n{told}{wrong or ''}", flush=True)
        failed += wrong is not None
    print(f"{len(names)} models, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
