#!/usr/bin/env python3
"""A model with its weights inside, read by mlir-opt and by tessera explain.

    tools/bench/weights_inside.py MLIR_OPT TESSERA [MEGABYTES] [ROUNDS] [FORM]

Prints a row of CSV a form of the weights: hexadecimal constants, decimal ones (a
tenth of the size: MLIR reads 7 MB of them a second), dense_resource, and the
last as bytecode; or of one FORM alone (hexadecimal, decimal, resource), then in
full size. mlir-opt parses, verifies and prints with
the weights elided, so that its printing costs next to nothing. Times are the
least of ROUNDS runs taken in turn, memory is the greatest resident size."""
import os
import random
import sys
import tempfile
import time

SIDE = 2048
TENSOR = f"tensor<1x{SIDE}x{SIDE}xf32>"
DATA = f"tensor<1x16x{SIDE}xf32>"
ELIDED = ["--mlir-elide-elementsattrs-if-larger=1",
          "--mlir-elide-resource-strings-if-larger=1"]


def rows(rng):
    """A matrix by rows: random where it costs little, so that none is equal."""
    base = rng.randbytes(SIDE * 4 - 8)
    return [rng.randbytes(8) + base for _ in range(SIDE)]


def decimal_rows(rng):
    base = [f"{rng.uniform(-1, 1):.6f}" for _ in range(SIDE - 1)]
    return ["[" + ", ".join([f"{rng.uniform(-1, 1):.6f}"] + base) + "]"
            for _ in range(SIDE)]


def value(form, i, rng):
    if form == "resource":
        return f"dense_resource<w{i}>"
    if form == "decimal":
        return "dense<[[" + ", ".join(decimal_rows(rng)) + "]]>"
    return 'dense<"0x' + b"".join(rows(rng)).hex().upper() + '">'


def write(path, form, megabytes):
    """A chain of products, as many as make a text of that size."""
    rng = random.Random(1)
    scalar = "tensor<1xf32>"
    size = SIDE * SIDE * (10 if form == "decimal" else 8)
    count = max(1, megabytes * 1000000 // size)
    with open(path, "w", encoding="ascii") as out:
        out.write(f"func.func @main(%d0: {DATA}) -> {DATA} {{\n"
                  f'  %zp = "tosa.const"() <{{values = dense<0.0> : {scalar}}}>'
                  f" : () -> {scalar}\n")
        for i in range(count):
            out.write(f'  %w{i} = "tosa.const"() <{{values = '
                      f"{value(form, i, rng)} : {TENSOR}}}> : () -> {TENSOR}\n"
                      f"  %d{i + 1} = tosa.matmul %d{i}, %w{i}, %zp, %zp : "
                      f"({DATA}, {TENSOR}, {scalar}, {scalar}) -> {DATA}\n")
        out.write(f"  return %d{count} : {DATA}\n}}\n")
        if form != "resource":
            return
        out.write("{-# dialect_resources: { builtin: {\n")
        for i in range(count):
            data = b"".join(rows(rng)).hex().upper()
            out.write(f'w{i}: "0x04000000{data}"' +
                      (",\n" if i + 1 < count else "\n"))
        out.write("}}#-}\n")


def run(command):
    """Seconds and KiB of one run."""
    start = time.monotonic()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"weights_inside.py: {' '.join(command)} failed")
    return time.monotonic() - start, usage.ru_maxrss


def measure(form, path, mlir_opt, tessera, rounds):
    best = [(float("inf"), 0), (float("inf"), 0)]
    commands = [[mlir_opt, path, "-o", "/dev/null"] + ELIDED,
                [tessera, "explain", path, "-t", "tpu-v3", "-o", "/dev/null"]]
    for _ in range(rounds):
        for i, command in enumerate(commands):
            seconds, kib = run(command)
            best[i] = min(best[i][0], seconds), max(best[i][1], kib)
    (a, b), (c, d) = best
    print(f"{form},{os.path.getsize(path)},{a:.2f},{c:.2f},{c / a:.2f},"
          f"{b},{d},{d / b:.2f}", flush=True)


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    mlir_opt, tessera = arguments[1:3]
    megabytes = int(arguments[3]) if len(arguments) > 3 else 700
    rounds = int(arguments[4]) if len(arguments) > 4 else 3
    print("form,bytes,mlir_opt_s,tessera_s,time_ratio,mlir_opt_kib,"
          "tessera_kib,memory_ratio")
    with tempfile.TemporaryDirectory() as folder:
        path, bytecode = folder + "/big.mlir", folder + "/big.mlirbc"
        if len(arguments) > 5:
            write(path, arguments[5], megabytes)
            measure(arguments[5], path, mlir_opt, tessera, rounds)
            return
        for form in ("hexadecimal", "decimal", "resource"):
            write(path, form, megabytes // (10 if form == "decimal" else 1))
            measure(form, path, mlir_opt, tessera, rounds)
        run([mlir_opt, path, "--emit-bytecode", "-o", bytecode])
        measure("resource in bytecode", bytecode, mlir_opt, tessera, rounds)


if __name__ == "__main__":
    main(sys.argv)
