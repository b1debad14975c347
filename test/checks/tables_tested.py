#!/usr/bin/env python3
"""Every row of a table of variants is used by some test: passes, subcommands,
rewrites, strategies, cost models."""
import os
import re

import harness

# Table, the name in a row, how a test uses that name, the tests that count.
TABLES = [
    ("tools/tessera/commands.def", r"^X\((\w+)", r"%tessera NAME\b", (".test", ".mlir")),
    ("passes/passes.def", r'^TESS_PASS\(\w+,\s*"([\w-]+)"', r"(?<![\w-])NAME(?![\w-])",
     (".test", ".mlir")),
    ("lib/rewrite/rewrite.def", r'^TESS_REWRITE\(\w+,\s*"([\w-]+)"',
     r"(?<![\w-])NAME(?![\w-])", (".test", ".mlir", ".c", ".h")),
    ("lib/search/strategies.def", r"^X\((\w+)", r'"NAME"|--strategy[= ]NAME\b',
     (".test", ".mlir", ".c")),
    ("lib/cost/cost_models.def", r"^X\((\w+)", r'"NAME"|--cost-model[= ]NAME\b',
     (".test", ".mlir", ".c")),
]  # fmt: skip


def tests(root, suffixes):
    """The tests' text; checks and fuzzing test no single variant."""
    return "\n".join(
        harness.read(root, path)
        for path in harness.files(root, *suffixes, folders=["test"])
        if not path.startswith(("test/checks/", "test/fuzz/")))


def check(root):
    complaints = []
    for table, row, use, suffixes in TABLES:
        if not os.path.exists(os.path.join(root, table)):
            complaints.append(f"{table}: is not there; correct the list of tables")
            continue
        names = re.findall(row, harness.read(root, table), re.MULTILINE)
        if not names:
            complaints.append(f"{table}: no row was recognised")
        text = tests(root, suffixes)
        for name in names:
            if not re.search(use.replace("NAME", re.escape(name)), text):
                complaints.append(f"{table}: no test uses {name}")
    return complaints


SOUND = {
    "tools/tessera/commands.def": 'X(explain, "")\n',
    "passes/passes.def": 'TESS_PASS(apply, "tessera-apply",\n "")\n',
    "lib/rewrite/rewrite.def": 'TESS_REWRITE(fused, "fused-conv", FUSE, "")\n',
    "lib/search/strategies.def": "X(random)\n",
    "lib/cost/cost_models.def": "X(null)\n",
    "test/a.test": "RUN: %tessera explain --strategy random\n"
                   "RUN: mlir-opt --pass-pipeline='builtin.module(tessera-apply)'\n",
    "test/unit/a/a.c": 'use("null"); has("fused-conv.1");\n',
}  # fmt: skip
FAULTS = [
    ({"tools/tessera/commands.def": 'X(explore, "")\n'}, "no test uses explore"),
    ({"passes/passes.def": 'TESS_PASS(a, "tessera-apply-all", "")\n'},
     "no test uses tessera-apply-all"),
    ({"passes/passes.def": 'TESS_PASS(a,\n  "tessera-app", "")\n'},
     "no test uses tessera-app"),
    ({"lib/rewrite/rewrite.def": 'TESS_REWRITE(f, "fused", FUSE)\n'}, "uses fused"),
    ({"lib/search/strategies.def": "X(exact)\n"}, "no test uses exact"),
    ({"lib/cost/cost_models.def": "Y(learned)\n"}, "no row was recognised"),
]

if __name__ == "__main__":
    harness.run(check, SOUND, FAULTS)
