#!/usr/bin/env python3
"""Every public header compiles alone, as C11 and as C++17.

The compilers and MLIR's include folders come from the environment: CC, CXX and
TESSERA_MLIR_INCLUDE (separated by ':').
"""
import os
import subprocess

import harness

LANGUAGES = [
    (os.environ.get("CC", "cc"), "c", "c11"),
    (os.environ.get("CXX", "c++"), "c++", "c++17"),
]


def command(compiler, language, standard, root):
    made = [compiler, "-x", language, f"-std={standard}", "-fsyntax-only",
            "-Wall", "-Wextra", "-Werror", "-I", os.path.join(root, "include")]
    for place in os.environ.get("TESSERA_MLIR_INCLUDE", "").split(":"):
        if place:
            made += ["-isystem", place]
    return made + ["-"]


def check(root):
    complaints = []
    for path in harness.files(root, ".h", folders=["include"]):
        # Twice: a header without an include guard fails.
        line = f'#include "{os.path.relpath(path, "include")}"\n'
        for compiler, language, standard in LANGUAGES:
            done = subprocess.run(command(compiler, language, standard, root),
                                  input=line * 2, text=True, capture_output=True)
            if done.returncode:
                complaints.append(f"{path} as {standard}: {done.stderr.strip()}")
    return complaints


GOOD = "#ifndef A_H\n#define A_H\n#include <stddef.h>\nsize_t a(void);\n#endif\n"
SOUND = {"include/tessera/base/a.h": GOOD}
FAULTS = [
    ({"include/tessera/base/b.h": "size_t b(void);\n"}, "b.h as c11"),
    ({"include/tessera/base/b.h": "int class_of(int class);\n"}, "b.h as c++17"),
    ({"include/tessera/base/b.h": "struct b { int b; };\n"}, "b.h as c11"),
    ({"include/tessera/base/b.h": "static int b(void) { return 1; }\n"},
     "b.h as c11"),
]

if __name__ == "__main__":
    harness.run(check, SOUND, FAULTS)
