"""Prints a product with 8 MiB of weights in its text, and three swishes beside
it that a search has choices for."""
import random

rng = random.Random(1)
ROWS, COLUMNS = 1024, 2048
WEIGHTS = f"tensor<1x{ROWS}x{COLUMNS}xf32>"
A, B = f"tensor<1x4x{ROWS}xf32>", f"tensor<1x4x{COLUMNS}xf32>"
IMAGE, SCALAR, SHIFT = "tensor<1x32x32x64xf32>", "tensor<1xf32>", "tensor<1xi8>"
row = rng.randbytes(COLUMNS * 4 - 8)
data = b"".join(rng.randbytes(8) + row for _ in range(ROWS)).hex().upper()
print(f"func.func @main(%x: {A}, %d0: {IMAGE}) -> ({B}, {IMAGE}) {{")
for name, value, kind in (("zp", "0.0", SCALAR), ("sh", "0", SHIFT),
                          ("w", f'"0x{data}"', WEIGHTS)):  # fmt: skip
    print(f'  %{name} = "tosa.const"() <{{values = dense<{value}> : {kind}}}>'
          f" : () -> {kind}")
print(f"  %m = tosa.matmul %x, %w, %zp, %zp : ({A}, {WEIGHTS}, {SCALAR}, "
      f"{SCALAR}) -> {B}")
for i in range(3):
    print(f"  %g{i} = tosa.sigmoid %d{i} : ({IMAGE}) -> {IMAGE}")
    print(f"  %d{i + 1} = tosa.mul %d{i}, %g{i}, %sh : ({IMAGE}, {IMAGE}, "
          f"{SHIFT}) -> {IMAGE}")
print(f"  return %m, %d3 : {B}, {IMAGE}\n}}")
