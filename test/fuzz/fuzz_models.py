#!/usr/bin/env python3
"""Feeds broken models to the driver: it must answer, or refuse with a message.

A run fails on a signal, an exit code other than 0 and 1, a sanitizer's report,
a refusal without a message, or one minute without an end. A model that brings
down stock mlir-opt as well is upstream's fault and is only counted. Failing
models are kept; the same seed makes the same models.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

NETWORK = "mbconv:" + ",".join(["1,3,1,1", "6,5,1,0"] + ["4,3,1,1"] * 5)
NUMBERS = ["0", "1", "-1", "2", "3", "7", "255", "65536", "2147483648",
           "4294967297", "9223372036854775807", "9223372036854775808",
           "99999999999999999999", "1.0e+400", "?"]  # fmt: skip
TYPES = ["f32", "bf16", "f16", "f64", "i8", "i32", "i64", "index", "i1"]
NAMES = ["tessera.role", "tessera.name", "tessera.candidate", "tessera.applied",
         "tessera.target", "tessera.site.activation", "tessera.x",
         '"tessera.site.space-to-depth"', '"tessera.site.fused-mbconv"',
         '"tessera.site.dense-depthwise"']  # fmt: skip
VALUES = ["0 : i32", "70000000 : i32", "-1 : i64", "1.0 : f32", "unit", '"weight"',
          '"activation.0=relu"', '"activation.7=relu;fused-mbconv.99=x"',
          "[1, 2]", "dense<1> : tensor<2xi8>"]  # fmt: skip
REPORT = re.compile(
    rb"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed|"
    rb"PLEASE submit a bug report")  # fmt: skip


def driver_text(driver, *words):
    return subprocess.run([driver, *words], check=True, capture_output=True,
                          text=True).stdout


def seeds(driver):
    """A small network in both input forms and types, and one of each family."""
    small = ["--width", "0.1", "--depth", "0.1"]
    image = [*small, "--resolution", "32"]
    text = [*small, "--sequence", "8"]
    forms = [[NETWORK, "--resolution", "32", "--dialect", dialect, "--dtype", dtype]
             for dialect in ("tosa", "linalg") for dtype in ("f32", "bf16")]  # fmt: skip
    families = [["resnext-50", *image, "--dialect", "tosa"],
                ["convnext-tiny", *image, "--dialect", "linalg", "--layout", "nchw"],
                ["vit-b16", *image, "--dialect", "linalg"],
                ["mobilenet-v3-large", *image, "--dialect", "tosa", "--dtype", "i8"],
                ["gpt2-small-decode", *text, "--dialect", "linalg", "--dtype", "f16"],
                ["bert-base", *text, "--dialect", "tosa"]]  # fmt: skip
    return [driver_text(driver, "zoo", *words) for words in forms + families]


def replace_one(text, pattern, choose, rng):
    hits = list(re.finditer(pattern, text))
    if not hits:
        return text
    hit = rng.choice(hits)
    return text[: hit.start()] + choose(hit) + text[hit.end():]


def change_number(text, rng):
    return replace_one(text, r"(?<![\w%.])\d+", lambda _: rng.choice(NUMBERS), rng)


def change_extent(text, rng):
    """One extent everywhere, so that more of the mutants stay well formed."""
    extents = sorted(set(re.findall(r"(?<=x)\d+(?=x)", text)))
    if not extents:
        return text
    old, new = rng.choice(extents), rng.choice(NUMBERS + [str(rng.randrange(99))])
    return re.sub(rf"(?<=[x<]){old}(?=x)", new, text)


def change_type(text, rng):
    old, new = rng.choice(["f32", "bf16", "i32", "i64"]), rng.choice(TYPES)
    if rng.random() < 0.5:
        return re.sub(rf"\b(x|: ?){old}\b", rf"\g<1>{new}", text)
    return replace_one(text, rf"(?<=x){old}", lambda _: new, rng)


def change_operation(text, rng):
    pattern = r"\b(?:tosa|linalg|arith|math|tensor)\.\w+"
    names = sorted(set(re.findall(pattern, text)))
    return replace_one(text, pattern, lambda _: rng.choice(names), rng)


def change_value(text, rng):
    values = re.findall(r"%\w+", text)
    return replace_one(text, r"%\w+", lambda _: rng.choice(values), rng)


def change_lines(text, rng):
    lines = text.split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(3)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(other, lines[at])
    else:
        lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


def drop_attribute(text, rng):
    return replace_one(text, r"\w+(?:\.\w+)? = [^,{}]+,? ?", lambda _: "", rng)


def add_attribute(text, rng):
    """One of this project's own names with a value that it may never have."""
    return replace_one(
        text, r"\{(?=\w+(?:\.\w+)? = )",
        lambda _: f"{{{rng.choice(NAMES)} = {rng.choice(VALUES)}, ", rng)


def cut(text, rng):
    return text[: rng.randrange(1, len(text) + 1)]


def damage_byte(text, rng):
    at = rng.randrange(len(text))
    return text[:at] + chr(rng.randrange(1, 256)) + text[at + 1:]


EDITS = [change_number, change_number, change_extent, change_extent, change_type,
         change_operation, change_value, change_lines, change_lines,
         drop_attribute, add_attribute, add_attribute, cut, damage_byte]  # fmt: skip


def mutant(originals, seed, number):
    rng = random.Random(f"{seed}:{number}")
    text = rng.choice(originals)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        text = rng.choice(EDITS)(text, rng) or text
    return text.encode("latin-1", "replace")


def run(command, environment=None):
    """(exit code, stderr); None as the code where it did not end."""
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=60,
                              env=environment)
        return done.returncode, done.stderr
    except subprocess.TimeoutExpired:
        return None, b""


def fault(code, errors):
    if code is None:
        return "did not end within a minute"
    if code not in (0, 1):
        return f"exit code {code}"
    if REPORT.search(errors):
        return "a report of a broken program"
    if code == 1 and b"error:" not in errors:
        return "refused without a message"
    return None


def try_one(options, originals, folder, number):
    path = os.path.join(folder, f"{options.command}-{options.seed}-{number}.mlir")
    with open(path, "wb") as out:
        out.write(mutant(originals, options.seed, number))
    command = [options.driver, options.command, path, "--target", "tpu-v3"]
    if options.command == "search":
        command += ["--allow", "retrain", "--jobs", "1"]
    code, errors = run(command)
    wrong = fault(code, errors)
    if wrong and code is not None:
        upstream, _ = run([options.mlir_opt, path])
        if upstream is not None and upstream < 0:
            wrong = "upstream"
    return path, wrong, code, errors


def keep(options, path, wrong, errors):
    os.makedirs(options.keep, exist_ok=True)
    place = os.path.join(options.keep, os.path.basename(path))
    with open(path, "rb") as model, open(place, "wb") as out:
        out.write(model.read())
    tail = errors.decode(errors="replace").strip().split("\n")[-12:]
    print(f"{place}: {wrong}", *tail, sep="\n  ", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--command", choices=["explain", "search"], required=True)
    parser.add_argument("--mlir-opt", required=True)
    parser.add_argument("--keep", required=True, help="folder for failing models")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    originals = seeds(options.driver)
    counts = {"answered": 0, "refused": 0, "upstream": 0, "failed": 0}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for path, wrong, code, errors in pool.map(
                lambda n: try_one(options, originals, folder, n),
                range(options.runs)):
            if wrong == "upstream":
                counts["upstream"] += 1
            elif wrong:
                counts["failed"] += 1
                keep(options, path, wrong, errors)
            else:
                counts["refused" if code else "answered"] += 1
    print(counts)
    # Mutations that only ever break the syntax would test nothing.
    reached = counts["answered"] and counts["refused"]
    sys.exit(0 if reached and not counts["failed"] else 1)


if __name__ == "__main__":
    main()
