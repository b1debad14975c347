#!/usr/bin/env python3
"""IR that this project did not make: every pass of the plugin and the driver must
answer, or refuse with one line that has a place; never crash or hang.

    foreign_forms.py --driver TESSERA --plugin PLUGIN --work FOLDER [PATH...]

The corpus is every .mlir file below the PATHs, of the LLVM installation and of
Python's packages, and networks of the zoo after each of upstream's own
pipelines, down to loops, vectors and LLVM: while they are on tensors, they have the
multiply-accumulates that they had before, and after that they are refused. Files are
split at "// -----" by mlir-opt, many to a process; a file that brings a process
to an end is run again alone, and without the plugin: what brings down stock
mlir-opt as well is upstream's fault and is only counted."""
import argparse
import json
import os
import re
import shutil
import site
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

NETWORK = "mbconv:" + ",".join(["1,3,1,1", "6,5,1,0"] + ["4,3,1,0"] * 5)
FORMS = [("tosa", "f32"), ("tosa", "i8"), ("linalg", "f32"), ("linalg", "bf16")]
LINALG = ("func.func(tosa-infer-shapes,tosa-make-broadcastable,"
          "tosa-to-linalg-named,canonicalize,tosa-to-linalg,"
          "tosa-to-arith{include-apply-rescale=true},tosa-to-tensor)")  # fmt: skip
BUFFERS = (LINALG + ",eliminate-empty-tensors,one-shot-bufferize{"
           "bufferize-function-boundaries=true}")  # fmt: skip
LOOPS = BUFFERS + ",func.func(convert-linalg-to-loops)"
LLVM = (LOOPS + ",expand-strided-metadata,lower-affine,convert-scf-to-cf,"
        "convert-math-to-llvm,convert-to-llvm,reconcile-unrealized-casts")
TENSORS = [
    "canonicalize,cse",
    "func.func(tosa-layerwise-constant-fold,tosa-reduce-transposes)",
    LINALG,
    LINALG + ",linalg-generalize-named-ops",
    LINALG + ",linalg-fold-unit-extent-dims,canonicalize",
    LINALG + ",linalg-specialize-generic-ops",
    LINALG + ",linalg-morph-ops{named-to-category=true}",
    LINALG + ",func.func(linalg-inline-scalar-operands,linalg-detensorize)",
    "func.func(convert-elementwise-to-linalg)",
    LINALG + ",linalg-generalize-named-ops,linalg-fuse-elementwise-ops",
]
LOWERED = [
    BUFFERS,
    LOOPS,
    BUFFERS + ",func.func(convert-linalg-to-affine-loops,affine-super-vectorize{"
    "virtual-vector-size=8})",
    BUFFERS + ",func.func(convert-linalg-to-parallel-loops),convert-scf-to-openmp",
    LOOPS + ",convert-scf-to-cf",
    LLVM,
]
PIPELINES = ["tessera-explain", "tessera-search{allow=retrain}",
            "tessera-search{allow=retrain apply=false},tessera-apply{allow=retrain}",
            "tessera-reshape{allow=retrain}",
            "tessera-select-activations{allow=retrain}",
            "tessera-fuse-convs{allow=retrain}"]  # fmt: skip
ERROR = re.compile(r"^tessera: error: [^ ]+:(\d+:\d+:)? \S.*")
SECONDS = 120


def run(words, text=None):
    """Exit code and standard error; None: no end."""
    try:
        done = subprocess.run(words, input=text, capture_output=True,
                              timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stderr.decode(errors="replace")


def crashed(code, told):
    return code not in (0, 1) or "Assertion" in told or "Sanitizer" in told


class Corpus:
    def __init__(self, arguments):
        self.arguments = arguments
        self.faults = []
        self.upstream = 0

    def plugin(self, pipeline):
        return ["mlir-opt", "--load-pass-plugin=" + self.arguments.plugin,
                "--allow-unregistered-dialect", "--split-input-file",
                "--mlir-disable-threading", "--remarks-filter=none",
                f"--pass-pipeline=builtin.module({pipeline})",
                "-o", "/dev/null"]  # fmt: skip

    def upstreams(self, path):
        """Whether stock mlir-opt comes to grief over the file as well."""
        for options in (["--split-input-file"], [],
                        ["--split-input-file", "--remarks-filter=none"]):
            code, told = run(["mlir-opt", "--allow-unregistered-dialect", path,
                              "-o", "/dev/null"] + options)  # fmt: skip
            if crashed(code, told):
                self.upstream += 1
                return True
        return False

    def check_alone(self, path):
        """A file whose batch crashed: is it ours?"""
        for pipeline in PIPELINES:
            code, told = run(self.plugin(pipeline) + [path])
            if crashed(code, told) and not self.upstreams(path):
                self.fail(path, pipeline, code, told[-300:])

    def check_batch(self, paths):
        text = b"\n// -----\n".join(open(path, "rb").read() for path in paths)
        for pipeline in PIPELINES:
            code, told = run(self.plugin(pipeline), text)
            if crashed(code, told):
                for path in paths:
                    self.check_alone(path)
                return

    def fail(self, path, what, code, told):
        self.faults.append(f"{path}: {what}: exit code {code}: "
                           f"{told.strip()[:300]}")

    def check_driver(self, path):
        """Read, or refused with one line at a place."""
        code, told = run(explain(self.arguments, path))
        if crashed(code, told) and self.upstreams(path):
            return
        if crashed(code, told) or (code == 1 and not ERROR.match(told)):
            self.fail(path, "explain", code, told)

    def check_form(self, form):
        path, macs = form
        done = subprocess.run(explain(self.arguments, path), check=False,
                              capture_output=True, text=True)
        told = done.stdout or done.stderr
        if macs is None:
            good = done.returncode == 1 and ERROR.match(done.stderr)
        else:
            good = done.returncode == 0 and macs == macs_of(done.stdout)
        if not good:
            self.fail(path, f"{macs or 'no'} MACs expected", done.returncode, told)


def explain(arguments, path):
    return [arguments.driver, "explain", path, "-t", "tpu-v3", "--format", "json"]


def macs_of(text):
    return json.loads(text)["total"]["macs"]


def lower(path, number, pipeline):
    """What a pipeline makes of a file, or None."""
    to = path[:-5] + f".{number}.mlir"
    code, _ = run(["mlir-opt", path, "-o", to,
                   f"--pass-pipeline=builtin.module({pipeline})"])
    return to if code == 0 else None


def zoo_forms(arguments, pool):
    """Networks, and what upstream's pipelines make of them: pairs of a file and
    its multiply-accumulates, None where it is no model on tensors."""
    forms = []
    for dialect, dtype in FORMS:
        path = os.path.join(arguments.work, f"{dialect}.{dtype}.mlir")
        subprocess.run([arguments.driver, "zoo", NETWORK, "--resolution", "32",
                        "--dialect", dialect, "--dtype", dtype, "-o", path],
                       check=True, capture_output=True)  # fmt: skip
        plain = subprocess.run(explain(arguments, path), check=True,
                               capture_output=True, text=True)
        macs = macs_of(plain.stdout)
        lowered = list(pool.map(lambda job, path=path: lower(path, *job),
                                enumerate(TENSORS + LOWERED)))
        wanted = [macs] * len(TENSORS) + [None] * len(LOWERED)
        forms += [form for form in zip(lowered, wanted) if form[0]]
    return forms


def installed():
    """Where LLVM and Python keep their packages."""
    tool = shutil.which("FileCheck")
    prefix = [os.path.dirname(os.path.dirname(os.path.realpath(tool)))] if tool else []
    return prefix + site.getsitepackages()


def find(roots):
    for root in roots:
        for folder, _, names in sorted(os.walk(root)):
            for name in sorted(names):
                if name.endswith((".mlir", ".mlirbc")):
                    yield os.path.join(folder, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--plugin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("paths", nargs="*")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    files = sorted(set(find(arguments.paths + installed())))
    corpus = Corpus(arguments)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        forms = zoo_forms(arguments, pool)
        texts = [path for path, _ in forms]
        texts += [path for path in files if path.endswith(".mlir")]
        batches = [texts[i:i + arguments.batch]
                   for i in range(0, len(texts), arguments.batch)]
        list(pool.map(corpus.check_batch, batches))
        list(pool.map(corpus.check_driver, files))
        list(pool.map(corpus.check_form, forms))
    for fault in corpus.faults:
        print(fault)
    print(f"{len(FORMS)} networks in {len(forms)} forms and {len(files)} files: "
          f"{len(corpus.faults)} faults, {corpus.upstream} upstream's")
    return 1 if corpus.faults else 0


if __name__ == "__main__":
    sys.exit(main())
