#!/usr/bin/env python3
"""Files stay short, say what they are for, and the trees mirror each other."""
import os

import harness

LONGEST = 600


def short(root):
    for path in harness.files(root, ".c", ".h", ".cpp", ".py", ".sh"):
        lines = harness.read(root, path).count("\n")
        if lines > LONGEST:
            yield f"{path}: {lines} lines, more than {LONGEST}: split by topic"


def introduced(root):
    for path in harness.files(root, ".c", ".h", ".cpp"):
        if not harness.read(root, path).startswith(("/*", "//")):
            yield f"{path}: does not start with a comment that says what it is for"


def named_by_topic(root):
    for path in harness.files(root, ".c", ".h", ".cpp", ".py"):
        stem = os.path.basename(path).rsplit(".", 1)[0]
        if stem in ("utils", "util", "misc", "common", "helpers"):
            yield f"{path}: name the file for its topic"


def subfolders(root, path, suffix):
    """Folders directly below `path` with files of that suffix."""
    found = set()
    for name in harness.files(root, suffix, folders=[path]):
        parts = os.path.relpath(name, path).split("/")
        if len(parts) > 1:
            found.add(parts[0])
    return found


def mirrored(root):
    lib = subfolders(root, "lib", ".c")
    headers = subfolders(root, "include/tessera", ".h")
    units = subfolders(root, "test/unit", ".c")
    for folder in sorted(lib - headers):
        yield f"lib/{folder}: has no include/tessera/{folder}"
    for folder in sorted(headers - lib):
        yield f"include/tessera/{folder}: has no lib/{folder}"
    for folder in sorted(lib - units):
        yield f"lib/{folder}: has no test in test/unit/{folder}"
    for folder in sorted(units - lib):
        yield f"test/unit/{folder}: tests no folder of lib"


def check(root):
    return [*short(root), *introduced(root), *named_by_topic(root),
            *mirrored(root)]


SOUND = {
    "lib/base/a.c": "/* A. */\n",
    "include/tessera/base/a.h": "/* A. */\n",
    "test/unit/base/a.c": "/* Tests A. */\n",
}
FAULTS = [
    ({"lib/base/b.c": "/* B. */\n" * 601}, "601 lines"),
    ({"lib/base/b.c": "int b;\n"}, "does not start with a comment"),
    ({"lib/base/utils.c": "/* B. */\n"}, "name the file"),
    ({"lib/b/b.c": "/* B. */\n"}, "no include/tessera/b"),
    ({"lib/b/b.c": "/* B. */\n"}, "no test in test/unit/b"),
    ({"include/tessera/b/b.h": "/* B. */\n"}, "has no lib/b"),
    ({"test/unit/b/b.c": "/* B. */\n"}, "tests no folder"),
]

if __name__ == "__main__":
    harness.run(check, SOUND, FAULTS)
