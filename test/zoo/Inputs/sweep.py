#!/usr/bin/env python3
"""Every network in every form: mlir-opt takes it, TOSA's validation too, and
the reader finds the parameters and multiply-accumulates that the emitter
counted, and knows every op.

usage: sweep.py TESSERA FILE [PART PARTS]. FILE is overwritten. Networks that
are one table at several sizes are swept in full at their first and last size.
"""
import json
import subprocess
import sys

FORMS = [(dialect, dtype, layout) for dialect in ("tosa", "linalg")
         for dtype, layout in (("f32", "nhwc"), ("f32", "nchw"),
                               ("bf16", "nchw"), ("f16", "nhwc"),
                               ("i8", "nhwc"), ("i8", "nchw"))]
SMALL = ["--width", "0.1", "--depth", "0.1"]
# What the specification of TOSA says, beyond what its verifiers ask for.
VALID = {"linalg": [],
         "tosa": ["--pass-pipeline=builtin.module(tosa-attach-target{"
                  "profiles=pro_fp,pro_int extensions=bf16},"
                  "tosa-validate{strict-op-spec-alignment=true})"]}
TEXTS = ("bert-base", "gpt2-small-prefill", "gpt2-small-decode")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def names(tessera):
    return [line.split()[0]
            for line in run(tessera, "zoo", "--list").splitlines()[2:]]


def forms_of(name):
    middle = any(name.endswith(f"-b{n}") for n in range(1, 7))
    if middle:
        return [FORMS[0]]
    if name in TEXTS or name == "mlp":
        return [(dialect, dtype, "nhwc") for dialect in ("tosa", "linalg")
                for dtype in ("f32", "bf16", "f16", "i8")]
    return FORMS


def size_of(name):
    if name == "mlp":
        return []
    return ["--sequence", "5"] if name in TEXTS else ["--resolution", "32"]


def emitted_counts(text):
    """From "FILE: 1,234 parameters, 5,678 multiply-accumulates"."""
    words = text.split(": ")[-1].replace(",", "").split()
    return int(words[0]), int(words[2])


def check(tessera, path, name, dialect, dtype, layout):
    options = ["--dialect", dialect, "--dtype", dtype, "--layout", layout]
    options += ["--batch", "2"] + SMALL + size_of(name)
    wanted = emitted_counts(run(tessera, "zoo", name, *options, "-o", path))
    run("mlir-opt", path, "-o", "/dev/null", *VALID[dialect])
    total = json.loads(run(tessera, "explain", path, "-t", "tpu-v3",
                           "--format", "json"))["total"]
    found = total["params"], total["macs"]
    form = f"{name} {dialect} {dtype} {layout}"
    if found != wanted or total["unknown_ops"]:
        raise SystemExit(f"{form}: emitted {wanted}, read {found}, "
                         f"{total['unknown_ops']} unknown ops")
    print(f"{form}: {found[0]} {found[1]}")


def main(tessera, path, part="0", parts="1"):
    listed = names(tessera)
    for name in listed[int(part)::int(parts)]:
        for form in forms_of(name):
            check(tessera, path, name, *form)


if __name__ == "__main__":
    main(*sys.argv[1:])
