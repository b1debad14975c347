#!/usr/bin/env python3
"""No unfinished business, foreign paths or merge leftovers in the text."""
import re

import harness

TEXT = (".c", ".h", ".cpp", ".def", ".py", ".sh", ".md", ".txt", ".cmake", ".in",
        ".mlir", ".test", ".json", ".supp", "run")  # fmt: skip

# Written so that this file itself does not match.
FORBIDDEN = [
    (r"\b[T]ODO\b|\b[F]IXME\b|\b[X]XX\b|\b[H]ACK\b", "unfinished business"),
    (r"(?<![\w.])/[h]ome/\w|(?<![\w.])/[r]oot/\w", "a path of somebody's machine"),
    (r"^(?:[<]{7} |[>]{7} |[=]{7}$)", "a merge leftover"),
    (r"[ \t]+$", "trailing blanks"),
]
RULES = [(re.compile(pattern, re.MULTILINE), name) for pattern, name in FORBIDDEN]


def check(root):
    complaints = []
    for path in harness.files(root, *TEXT):
        text = harness.read(root, path)
        for rule, name in RULES:
            for hit in rule.finditer(text):
                line = text.count("\n", 0, hit.start()) + 1
                complaints.append(f"{path}:{line}: {name}: {hit.group().strip()}")
    return complaints


SOUND = {"README.md": "All is well. See docs/passes.md and lib/home/a.c.\n"}
FAULTS = [
    ({"lib/base/a.c": "/* TO" + "DO: later */\n"}, "lib/base/a.c:1: unfinished"),
    ({"docs/a.md": "one\nsee /ho" + "me/me\n"}, "docs/a.md:2: a path"),
    ({"lib/a.h": "<" * 7 + " ours\n"}, "merge"),
    ({"lib/a.h": "int a; \n"}, "trailing"),
]

if __name__ == "__main__":
    harness.run(check, SOUND, FAULTS)
