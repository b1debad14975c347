#!/usr/bin/env python3
"""Models judged by a compiler that is not ours: IREE, on one core.

    tools/bench/iree.py --iree VENV/bin --tessera build/bin/tessera MODEL...

Each MODEL is a file of TOSA or linalg on tensors whose weights are arguments or
constants. It is compiled as it is, behind IREE's own preprocessing (channels
last, 1x1 convolutions to products, both), with and without data tiling, and as
`tessera optimize --target cpu` rewrites it; all by `iree-compile
--iree-opt-level=O3`. All run on the same random data, in turn, ROUNDS times;
a time is the median of the processor's time, an error the greatest difference
to the model as it is, by its greatest result. Prints CSV on standard output,
a row a form, and a summary of each model on standard error. With --onnx FOLDER
ONNX Runtime's time on FOLDER/NAME.onnx stands beside MODEL NAME.….mlir.

Compiled forms are kept in --work, so that a second run only measures."""
import argparse
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import time

import numpy

TARGET = ["--iree-hal-target-device=local",
          "--iree-hal-local-target-device-backends=llvm-cpu",
          "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3"]
TILING = ["--iree-opt-data-tiling"]
LAST = "iree-preprocessing-convert-conv-to-channels-last"
PRODUCT = "iree-preprocessing-convert-1x1-filter-conv2d-to-matmul"


def preprocessing(*passes):
    return ["--iree-preprocessing-pass-pipeline=builtin.module(util.func("
            + ",".join(passes) + "))"]


# Name of the form: flags. Those of IREE alone, then ours.
FORMS = {"as it is": [], "channels last": preprocessing(LAST),
         "products": preprocessing(PRODUCT),
         "both": preprocessing(LAST, PRODUCT)}
FORMS.update({name + ", data tiling": flags + TILING
              for name, flags in list(FORMS.items())})
OURS = {"tessera": [], "tessera, data tiling": TILING}

# ---- Data. ----

NUMPY = {"f32": numpy.float32, "f64": numpy.float64, "f16": numpy.float16,
         "i8": numpy.int8, "i32": numpy.int32, "i64": numpy.int64,
         "i1": numpy.bool_}


def arguments(text):
    """The function's name and its arguments' types: ["1x3x224x224xf32"]."""
    match = re.search(r"func\.func (?:public )?@(\w+)\((.*?)\)\s*->", text,
                      re.DOTALL)
    if not match:
        raise ValueError("no function with results")
    return match[1], re.findall(r"%[\w.$-]+: tensor<([^<>]*)>", match[2])


def fan_in(shape):
    """How many products a result of these weights adds up, about."""
    size = int(numpy.prod(shape))
    if len(shape) == 4:
        outputs = shape[3] if shape[0] <= 7 else shape[0]
        return max(1, size // outputs)
    return max(1, size // max(shape))


def random_values(rng, shape, element):
    """Of a size that lives through a deep network: matrices and filters by
    their fan-in, vectors around one, since some are variances."""
    if element.startswith("i"):
        return rng.integers(-8, 8, shape).astype(NUMPY[element])
    if len(shape) <= 1:
        values = rng.uniform(0.5, 1.5, shape)
    else:
        values = rng.uniform(-1, 1, shape) * (3 / fan_in(shape)) ** 0.5
    if element != "bf16":
        return values.astype(NUMPY[element])
    bits = values.astype(numpy.float32).view(numpy.uint32)
    return (bits >> 16).astype(numpy.uint16)


def write_data(types, folder):
    """Files of raw elements, as flags of IREE's tools."""
    flags = []
    for i, name in enumerate(types):
        *sizes, element = name.split("x")
        rng = numpy.random.default_rng(i)
        path = os.path.join(folder, f"argument{i}.bin")
        if not os.path.exists(path):
            random_values(rng, [int(s) for s in sizes],
                          element).tofile(path)
        flags.append(f"--input={name}=@{path}")
    return flags


# ---- Compiling and running. ----


def run(command, limit=None):
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=limit, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line]
        raise RuntimeError((lines or ["failed"])[0][:200])
    return done


def readable(options, text, path):
    """TOSA shapes in the generic form, which is all that IREE reads."""
    if "tosa." not in text:
        return path
    generic = os.path.join(os.path.dirname(path), "generic." +
                           os.path.basename(path))
    run([options.mlir_opt, "--mlir-print-op-generic", path, "-o", generic])
    return generic


def compiled(options, path, flags):
    with open(path, "rb") as file:
        key = hashlib.sha256(file.read() + " ".join(flags).encode())
    out = os.path.join(options.work, key.hexdigest()[:16] + ".vmfb")
    if not os.path.exists(out):
        run([os.path.join(options.iree, "iree-compile"), path, "-o",
             out + ".part"] + TARGET + flags, options.limit)
        os.rename(out + ".part", out)
    return out


def tool(options, name, module, function, data):
    return [os.path.join(options.iree, name), "--module=" + module,
            "--device=local-sync", "--function=" + function] + data


def milliseconds(options, module, function, data):
    """Of one run: the processor's time, which other programs disturb least."""
    done = run(tool(options, "iree-benchmark-module", module, function, data)
               + ["--benchmark_min_time=0.2s", "--benchmark_format=json"],
               options.limit)
    row = json.loads(done.stdout)["benchmarks"][0]
    return row["cpu_time"] * {"ns": 1e-6, "us": 1e-3, "ms": 1}[row["time_unit"]]


def results(options, module, function, data, folder):
    path = os.path.join(folder, "result.npy")
    run(tool(options, "iree-run-module", module, function, data)
        + [f"--output=@{path}"], options.limit)
    return numpy.load(path).astype(numpy.float64)


def error_of(value, expected):
    if value.size != expected.size or not numpy.isfinite(value).all():
        return float("inf")
    scale = numpy.abs(expected).max()
    difference = numpy.abs(value.ravel() - expected.ravel()).max()
    return difference / scale if scale else difference


# ---- ONNX Runtime, in this process. ----


class Onnx:
    def __init__(self, path):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"])
        rng = numpy.random.default_rng(0)
        self.data = {x.name: rng.uniform(-1, 1, x.shape).astype(numpy.float32)
                     for x in self.session.get_inputs()}

    def milliseconds(self):
        runs, start = 0, time.process_time()
        while runs < 3 or time.process_time() - start < 0.2:
            self.session.run(None, self.data)
            runs += 1
        return (time.process_time() - start) * 1e3 / runs


# ---- One model. ----


def rewritten(options, path, name):
    out = os.path.join(options.work, name + ".tessera.mlir")
    run([options.tessera, "optimize", path, "--target", options.target, "-o",
         out])
    return out


class Model:
    """A model's forms: module, times and error of each, or why there is none."""

    def __init__(self, options, path):
        self.options, self.path = options, path
        self.name = os.path.basename(path).removesuffix(".mlir")
        self.folder = os.path.join(options.work, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.modules, self.times, self.errors, self.refused = {}, {}, {}, {}
        self.onnx = None

    def compile_form(self, form, path, flags):
        try:
            with open(path, encoding="utf-8") as file:
                path = readable(self.options, file.read(), path)
            self.modules[form] = compiled(self.options, path, flags)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            self.refused[form] = str(error)

    def compile(self):
        copy = os.path.join(self.options.work, self.name + ".mlir")
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        with open(copy, "w", encoding="utf-8") as file:
            file.write(text)
        self.function, types = arguments(text)
        self.data = write_data(types, self.folder)
        for form, flags in FORMS.items():
            self.compile_form(form, copy, flags)
        try:
            ours = rewritten(self.options, copy, self.name)
        except RuntimeError as error:
            self.refused["tessera"] = str(error)
            return
        for form, flags in OURS.items():
            self.compile_form(form, ours, flags)

    def open_onnx(self):
        path = os.path.join(self.options.onnx or "",
                            self.name.split(".")[0] + ".onnx")
        if self.options.onnx and os.path.exists(path):
            self.onnx = Onnx(path)
            self.times["ONNX Runtime"] = []

    def compare(self):
        expected = None
        for form, module in list(self.modules.items()):
            try:
                value = results(self.options, module, self.function, self.data,
                                self.folder)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                self.refused[form] = str(error)
                del self.modules[form]
                continue
            expected = value if expected is None else expected
            self.errors[form] = error_of(value, expected)
            self.times[form] = []

    def measure(self):
        for form, module in self.modules.items():
            self.times[form].append(milliseconds(
                self.options, module, self.function, self.data))
        if self.onnx:
            self.times["ONNX Runtime"].append(self.onnx.milliseconds())

    def report(self):
        medians = {form: statistics.median(times)
                   for form, times in self.times.items() if times}
        plain = medians.get("as it is")
        for form in list(FORMS) + list(OURS) + ["ONNX Runtime"]:
            if form in medians:
                faster = f"{plain / medians[form]:.3f}" if plain else ""
                error = (f"{self.errors[form]:.2g}" if form in self.errors
                         else "")
                print(f"{self.name},\"{form}\",{medians[form]:.3f},{faster},"
                      f"{error},")
            elif form in self.refused:
                reason = self.refused[form].replace('"', "'")
                print(f"{self.name},\"{form}\",,,,\"{reason}\"")
        sys.stdout.flush()
        ours = medians.get("tessera")
        if ours and plain:
            best = min((medians[f], f) for f in FORMS if f in medians)
            print(f"{self.name}: {plain:.2f} ms, IREE's best {best[0]:.2f} "
                  f"({best[1]}), tessera {ours:.2f}: {plain / ours:.2f}x, "
                  f"{best[0] / ours:.2f}x of the best", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--iree", required=True, help="folder of iree-compile")
    parser.add_argument("--tessera", required=True)
    parser.add_argument("--target", default="cpu")
    parser.add_argument("--mlir-opt", default="mlir-opt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=int, default=600,
                        help="seconds that a compilation or a run may take")
    parser.add_argument("--onnx", help="folder of NAME.onnx")
    parser.add_argument("--work", default="/tmp/tessera-iree")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    cores = os.sched_getaffinity(0)
    print("model,form,ms,times_faster,greatest_error,refused")
    for path in options.models:
        model = Model(options, path)
        model.compile()
        os.sched_setaffinity(0, {min(cores)})
        model.open_onnx()
        model.compare()
        for _ in range(options.rounds):
            model.measure()
        os.sched_setaffinity(0, cores)
        model.report()


if __name__ == "__main__":
    main()
