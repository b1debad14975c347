#!/usr/bin/env python3
"""Gives one form of a network the arguments of another.

usage: adapt.py A B. Prints module B with the argument types of A: where the two
differ in layout, ops at the start of the function bring A's to B's. So the two
can be run on the same weights. What is where in a filter is stated here once
more, independently of the library that emitted it.
"""
import re
import sys

ARGUMENT = re.compile(r"^\s+%(\S+): (tensor<[^>]*>)(.*?)(,|\) -> .*)$")


def dimensions(text):
    return [int(size) for size in text[len("tensor<"):-1].split("x")[:-1]]


def element(text):
    return text[len("tensor<"):-1].split("x")[-1]


def tensor(dims, kind):
    return "tensor<" + "".join(f"{d}x" for d in dims) + kind + ">"


def signature(lines):
    """Index of the first argument's line, and name, type and rest of each."""
    first = next(i for i, line in enumerate(lines) if "func.func @main" in line)
    arguments = []
    for line in lines[first + 1:]:
        match = ARGUMENT.match(line)
        arguments.append(match.groups())
        if match.group(4) != ",":
            return first + 1, arguments
    raise SystemExit("adapt.py: no end of the arguments")


def is_filter(name, dims):
    return name.endswith(".weight") and len(dims) == 4


def steps(name, have, want, linalg, nchw):
    """Shapes and orders that lead from `have` to `want`: from NHWC images and
    TOSA's filters (output, row, column, input) to those of the other form."""
    if name == "input.data" and len(have) == 4:
        return [("order", [0, 3, 1, 2])] if have != want else []
    if not linalg or not is_filter(name, have):
        return [("shape", want)] if have != want else []
    if len(want) == 3:  # depthwise
        return [("shape", have[:3])] + ([("order", [2, 0, 1])] if nchw else [])
    if len(want) == 5:  # groups
        apart = [("shape", want[:2] + have[1:])]
        return apart + ([("order", [0, 1, 4, 2, 3])] if nchw else [])
    return [("order", [0, 3, 1, 2] if nchw else [1, 2, 3, 0])]


def convert(name, have, want, kind, changes):
    """Lines that define %name from %name.given."""
    lines, source, dims = [], f"%{name}.given", have
    for number, (what, value) in enumerate(changes):
        last = number == len(changes) - 1
        result = f"%{name}" if last else f"%{name}.step{number}"
        after = value if what == "shape" else [dims[i] for i in value]
        before, then = tensor(dims, kind), tensor(after, kind)
        if what == "shape":
            shape = f"%{name}.shape{number}"
            lines.append(f"    {shape} = arith.constant dense<{after}> : "
                         f"tensor<{len(after)}xi64>")
            lines.append(f"    {result} = tensor.reshape {source}({shape}) : "
                         f"({before}, tensor<{len(after)}xi64>) -> {then}")
        else:
            lines.append(f"    {result}.space = tensor.empty() : {then}")
            lines.append(f"    {result} = linalg.transpose ins({source} : "
                         f"{before}) outs({result}.space : {then}) "
                         f"permutation = {value}")
        source, dims = result, after
    if dims != want:
        raise SystemExit(f"adapt.py: {name} is {have} and {want}")
    return lines


def main(path_a, path_b):
    with open(path_a) as file:
        _, given = signature(file.read().split("\n"))
    with open(path_b) as file:
        text = file.read()
    lines = text.split("\n")
    first, wanted = signature(lines)
    if [a[0] for a in given] != [b[0] for b in wanted]:
        raise SystemExit("adapt.py: the arguments differ in names or order")
    linalg = "linalg." in text
    nchw = "linalg.conv_2d_nchw" in text or "linalg.conv_2d_ngchw" in text
    head, prologue = lines[:first], []
    for (name, have, *_), (_, want, rest, end) in zip(given, wanted):
        shapes = dimensions(have), dimensions(want)
        changes = steps(name, *shapes, linalg, nchw)
        given_name = f"{name}.given" if changes else name
        head.append(f"    %{given_name}: {have}{rest}{end}")
        prologue += convert(name, *shapes, element(have), changes)
    print("\n".join(head + prologue + lines[first + len(wanted):]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
