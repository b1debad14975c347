#!/usr/bin/env python3
"""Counts a model's products by its text alone, and compares with explain.

count.py TESSERA FILE...: contractions and multiply-accumulates, from the shapes
of TOSA's ops and, where upstream's own pass turned every linalg op into its
generic form, from the ranges of the loops. Knows nothing of this project.
"""
import json
import math
import re
import subprocess
import sys

TENSOR = re.compile(r"tensor<((?:\d+x)*)[a-z]+\d+>")
TOSA = re.compile(r'= "?tosa\.(conv2d|conv3d|depthwise_conv2d|matmul)\b[^\n]*')
ALIAS = re.compile(r"^(#\w+) = affine_map<\(([^)]*)\) -> \(([^)]*)\)>", re.M)
GENERIC = re.compile(
    r"= linalg\.generic \{indexing_maps = \[([^\]]*)\], iterator_types = "
    r"\[([^\]]*)\]\}([^\n]*)\n(.*?)linalg\.yield (%[\w#]+)",
    re.S,
)


def shapes(text):
    return [[int(n) for n in dims.split("x") if n] for dims in TENSOR.findall(text)]


def count_tosa(text):
    """Of each result, all of the filter but what makes other channels."""
    for match in TOSA.finditer(text):
        data, weight, *_, out = shapes(match.group(0))
        if match.group(1) == "matmul":
            per_result = data[2]
        elif match.group(1) == "depthwise_conv2d":
            per_result = weight[0] * weight[1]
        else:
            per_result = math.prod(weight[1:])
        yield math.prod(out) * per_result


def multiplies_and_adds(body, result):
    """Whether the yielded sum has a term that is a product of two operands."""
    ops = dict(re.findall(r"(%[\w#]+) = (arith\.\w+ [^:\n]*)", body))
    total = ops.get(result, "")
    if not re.match(r"arith\.add[fi] ", total):
        return False
    for term in re.findall(r"%[\w#]+", total):
        factors = ops.get(term, "")
        if re.match(r"arith\.mul[fi] ", factors):
            left, right = re.findall(r"%[\w#]+", factors)[:2]
            return left != right
    return False


def loop_ranges(maps, aliases, operands):
    """From every index that is a loop alone, the size of its dimension."""
    ranges = {}
    names = re.findall(r"#\w+", maps)
    for name, shape in zip(names, operands):
        for index, size in zip(aliases[name], shape):
            if re.fullmatch(r"d\d+", index):
                ranges[index] = size
    return ranges


def count_linalg(text):
    aliases = {
        name: [e.strip() for e in results.split(",") if e.strip()]
        for name, _, results in ALIAS.findall(text)
    }
    for maps, iterators, operands, body, result in GENERIC.findall(text):
        if "reduction" not in iterators or not multiplies_and_adds(body, result):
            continue
        yield math.prod(loop_ranges(maps, aliases, shapes(operands)).values())


def generic_form(path):
    run = ["mlir-opt", path, "--linalg-generalize-named-ops"]
    elide = ["--mlir-elide-elementsattrs-if-larger=4"]
    return subprocess.run(
        run + elide, check=True, capture_output=True, text=True
    ).stdout


def explained(tessera, path):
    run = [tessera, "explain", path, "-t", "tpu-v3", "--format", "json"]
    text = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    total = json.loads(text)["total"]
    return total["contractions"], total["macs"]


def main(tessera, paths):
    wrong = 0
    for path in paths:
        text = generic_form(path)
        counts = list(count_tosa(text)) + list(count_linalg(text))
        own, theirs = (len(counts), sum(counts)), explained(tessera, path)
        name = path.rsplit("/", 1)[-1]
        print(f"{name}: {own[0]} contractions, {own[1]} multiply-accumulates")
        if own != theirs or not own[0]:
            print(f"{name}: explain says {theirs[0]}, {theirs[1]}")
            wrong += 1
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
