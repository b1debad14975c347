"""What the structural checks share: files of the tree, and the two ways to run.

A check is a function from a tree to complaints. `NAME.py ROOT` runs it on the
project. `NAME.py --self-test` proves that it can fail: it must be silent on a
small sound tree and complain about each fault that is planted into a copy.
"""
import os
import sys
import tempfile

FOLDERS = ["cmake", "docs", "include", "lib", "passes", "test", "tools", ".ci"]


def files(root, *suffixes, folders=None):
    """Paths relative to root, sorted; top-level files only with folders=None."""
    found = []
    if folders is None:
        found = [n for n in os.listdir(root) if os.path.isfile(f"{root}/{n}")]
    for folder in folders or FOLDERS:
        for where, inner, names in os.walk(os.path.join(root, folder)):
            inner[:] = [d for d in inner if d != "__pycache__"]
            found += [os.path.relpath(f"{where}/{n}", root) for n in names]
    return sorted(p for p in found if not suffixes or p.endswith(suffixes))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as text:
        return text.read()


def plant(root, tree):
    for path, text in tree.items():
        where = os.path.join(root, path)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "w", encoding="utf-8") as out:
            out.write(text)


def complaints_about(check, tree):
    with tempfile.TemporaryDirectory() as root:
        plant(root, tree)
        return check(root)


def self_test(check, sound, faults):
    """faults: (planted files, a part of the complaint that must come)."""
    wrong = [f"complains about a sound tree: {c}"
             for c in complaints_about(check, sound)]
    for planted, expected in faults:
        found = complaints_about(check, {**sound, **planted})
        if not any(expected in complaint for complaint in found):
            wrong.append(f"misses '{expected}' in {sorted(planted)}: {found}")
    return wrong


def run(check, sound, faults):
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} ROOT | --self-test")
    if sys.argv[1] == "--self-test":
        found = self_test(check, sound, faults)
    else:
        found = check(sys.argv[1])
    for complaint in found:
        print(complaint, file=sys.stderr)
    sys.exit(1 if found else 0)
