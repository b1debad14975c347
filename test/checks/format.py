#!/usr/bin/env python3
"""Every C and C++ file is as clang-format writes it. Exit 77: no clang-format."""
import shutil
import subprocess
import sys

import harness

SOURCES = (".c", ".h", ".cpp")


def check(root):
    paths = harness.files(root, *SOURCES)
    if not paths:
        return []
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths],
                          cwd=root, capture_output=True, text=True)
    if done.returncode == 0:
        return []
    return [line for line in done.stderr.splitlines() if "error:" in line] or [
        done.stderr]


STYLE = "BasedOnStyle: LLVM\nColumnLimit: 80\n"
SOUND = {".clang-format": STYLE, "lib/base/a.c": "int a(void) { return 1; }\n"}
FAULTS = [({"lib/base/b.c": "int  b( void ){return 1;}\n"}, "lib/base/b.c")]

if __name__ == "__main__":
    if not shutil.which("clang-format"):
        print("clang-format is not installed", file=sys.stderr)
        sys.exit(77)
    harness.run(check, SOUND, FAULTS)
