#!/usr/bin/env python3
"""The plugin brings no second MLIR along and exports one symbol.

usage: plugin_hygiene.py [--sanitized] PLUGIN
       plugin_hygiene.py --self-test WRONG   a library that is no such plugin
"""
import os
import re
import subprocess
import sys
import tempfile

ENTRY = "mlirGetPassPluginInfo"
LARGEST = 2 * 1024 * 1024


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def needed(library):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", library))


def exported(library):
    """Names that others can bind to; the sanitizers' own do not count."""
    lines = output("nm", "-D", "--defined-only", library).splitlines()
    names = [line.split()[-1] for line in lines]
    return [n for n in names if not n.startswith(("__asan_", "__odr_asan"))]


def stripped_size(library):
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "stripped")
        output("strip", "-s", "-o", copy, library)
        return os.path.getsize(copy)


def check(library, sanitized):
    if not any(n.startswith("libMLIR.so") for n in needed(library)):
        yield f"does not need the shared libMLIR, only {needed(library)}"
    names = exported(library)
    if names != [ENTRY]:
        yield f"exports {len(names)} symbols ({names[:5]}), not {ENTRY} alone"
    size = stripped_size(library)
    if size > LARGEST and not sanitized:
        yield f"has {size} bytes stripped, more than {LARGEST}"


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--self-test":
        found = list(check(arguments[1], True))
        expected = any("exports" in complaint for complaint in found)
        sys.exit(0 if expected else f"finds nothing wrong with {arguments[1]}")
    sanitized = arguments[:1] == ["--sanitized"]
    library = arguments[-1]
    found = list(check(library, sanitized))
    for complaint in found:
        print(f"{library}: {complaint}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
