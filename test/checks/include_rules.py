#!/usr/bin/env python3
"""Folders include downward only; mlir-c and C++ stay where they belong."""
import re

import harness

# A folder includes itself and folders with a smaller number.
RANK = {
    "base": 0, "target": 1, "zoo": 1, "ir": 2, "cost": 3, "rewrite": 4,
    "quality": 4, "search": 5, "codegen": 6, "measure": 7, "flow": 8,
    "report": 9, "passes": 10, "tools": 11,
}  # fmt: skip
MLIR_C = {"ir", "rewrite", "codegen", "measure", "flow", "passes", "tools"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)
CPLUSPLUS = (".cpp", ".cc", ".cxx", ".hpp", ".hh")


def folder_of(path):
    """The folder whose rules a file obeys; None for tests and others."""
    parts = path.split("/")
    if parts[0] in ("passes", "tools"):
        return parts[0]
    if parts[0] == "lib":
        return parts[1]
    if parts[:2] == ["include", "tessera"] and len(parts) > 3:
        return parts[2]
    return None


def judge(path, folder, included):
    if included.startswith("mlir-c/"):
        if folder not in MLIR_C:
            return f"{path}: mlir-c is not for {folder}: {included}"
    elif included.startswith(("mlir/", "llvm/")):
        if not path.startswith("passes/plugin/"):
            return f"{path}: C++ headers are for passes/plugin only: {included}"
    elif included.startswith("tessera/") and included.count("/") > 1:
        other = included.split("/")[1]
        if other not in RANK:
            return f"{path}: unknown folder: {included}"
        if other != folder and RANK[other] >= RANK[folder]:
            return f"{path}: {folder} may not include {other}: {included}"
    elif included.startswith(".."):
        return f"{path}: include by a path from the include root: {included}"
    return None


def check(root):
    complaints = []
    for path in harness.files(root, ".c", ".h", ".def", *CPLUSPLUS):
        bridge = path.startswith("passes/plugin/")
        if path.endswith(CPLUSPLUS) and not bridge:
            complaints.append(f"{path}: C++ is for passes/plugin only")
        folder = folder_of(path)
        if folder is None:
            continue
        if folder not in RANK:
            complaints.append(f"{path}: folder {folder} has no include rule")
            continue
        for included in INCLUDE.findall(harness.read(root, path)):
            complaints.append(judge(path, folder, included))
    return [complaint for complaint in complaints if complaint]


SOUND = {
    "lib/ir/read.c": '#include "mlir-c/IR.h"\n#include "tessera/base/text.h"\n',
    "passes/plugin/bridge.cpp": '#include "mlir/Pass/Pass.h"\n',
}
FAULTS = [
    ({"lib/base/a.c": '#include "tessera/ir/model.h"\n'}, "may not include"),
    ({"lib/zoo/a.c": '#include "tessera/target/target.h"\n'}, "may not include"),
    ({"include/tessera/cost/a.h": '#include "tessera/flow/flow.h"\n'},
     "cost may not include flow"),
    ({"lib/search/a.c": "#include <mlir-c/IR.h>\n"}, "mlir-c is not for search"),
    ({"lib/ir/a.c": '#include "mlir/IR/Builders.h"\n'}, "C++ headers"),
    ({"lib/ir/a.cpp": ""}, "C++ is for"),
    ({"lib/ir/a.c": '#include "../base/private.h"\n'}, "include root"),
    ({"lib/novel/a.c": ""}, "has no include rule"),
]

if __name__ == "__main__":
    harness.run(check, SOUND, FAULTS)
