#!/usr/bin/env python3
"""What the pages tell a reader to type exists: scripts, programs, subcommands,
options, linked pages.

usage: documented_commands.py ROOT BUILD | --self-test
The driver is asked by `tessera --help` and `tessera SUBCOMMAND --help`.
"""
import os
import re
import subprocess
import sys
import tempfile

import harness

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
PROGRAM = re.compile(r"(?:build/bin/)?(tessera|bench-[\w-]+)$")
OPTION = re.compile(r"(--[a-z][\w-]*)")


def pages(root):
    top = [p for p in os.listdir(root) if p.endswith(".md")]
    return sorted(top) + harness.files(root, ".md", folders=["docs"])


def commands(text):
    """(line, words) of each command in a sh block, continuations joined."""
    for block in FENCE.finditer(text):
        if block.group(1) not in ("sh", "bash", "shell", "console"):
            continue
        first = text.count("\n", 0, block.start(2)) + 1
        lines = block.group(2).split("\n")
        if block.group(1) == "console":
            lines = [l[2:] if l.startswith("$ ") else "" for l in lines]
        number = first
        while lines:
            line, start = lines.pop(0), number
            number += 1
            while line.endswith("\\") and lines:
                line, number = line[:-1] + lines.pop(0), number + 1
            for part in re.split(r"&&|\|\||[|;]", line.split(" #")[0]):
                if part.split() and not part.lstrip().startswith("#"):
                    yield start, part.split()


def help_of(driver, *words):
    done = subprocess.run([driver, *words, "--help"], capture_output=True,
                          text=True, timeout=60)
    return done.stdout if done.returncode == 0 else None


def judge_driver(build, words):
    driver = os.path.join(build, "bin", "tessera")
    known = help_of(driver) or ""
    subcommand = next((w for w in words[1:] if not w.startswith("-")), None)
    if subcommand is None:
        text = known
    elif not re.search(rf"\b{re.escape(subcommand)}\b", known):
        return f"tessera has no subcommand {subcommand}"
    else:
        text = help_of(driver, subcommand)
        if text is None:
            return f"tessera {subcommand} --help fails"
    for word in words[1:]:
        option = OPTION.match(word)
        if option and option.group(1) not in ("--help", "--version"):
            if not re.search(rf"{option.group(1)}(?![\w-])", text):
                return f"tessera {subcommand} has no option {option.group(1)}"
    return None


def judge(root, build, words):
    while words and re.match(r"\w+=\S*$", words[0]):
        words = words[1:]
    if not words:
        return None
    if words[0].startswith(("tools/", "./tools/", ".ci/")):
        if not os.access(os.path.join(root, words[0]), os.X_OK):
            return f"{words[0]} does not exist or cannot be run"
    program = PROGRAM.match(words[0])
    if program:
        if not os.access(f"{build}/bin/{program.group(1)}", os.X_OK):
            return f"the build makes no bin/{program.group(1)}"
        if program.group(1) == "tessera":
            return judge_driver(build, words)
    return None


def check(root, build):
    complaints = []
    for page in pages(root):
        text = harness.read(root, page)
        for line, words in commands(text):
            complaint = judge(root, build, words)
            if complaint:
                complaints.append(f"{page}:{line}: {complaint}")
        for link in LINK.findall(FENCE.sub("", text)):
            target = os.path.join(root, os.path.dirname(page), link)
            if "://" not in link and not os.path.exists(target):
                complaints.append(f"{page}: links to {link}, which is not there")
    return complaints


DRIVER = """#!/bin/sh
case "$*" in
--help) echo "subcommands: explain" ;;
"explain --help") echo "--target T" ;;
*) exit 2 ;;
esac
"""
SOUND = """Read [on](docs/on.md).
```sh
X=1 tools/run.sh   # fine
build/bin/tessera explain a.mlir \\
  --target t | less
build/bin/bench-a
```
"""
FAULTS = [
    ("```sh\ntools/other.sh\n```\n", "README.md:2: tools/other.sh"),
    ("```console\n$ tools/other.sh\nx\n```\n", "README.md:2: tools/other.sh"),
    ("\n```sh\nbuild/bin/bench-b\n```\n", "README.md:3: the build makes no"),
    ("```sh\ntessera explore a\n```\n", "no subcommand explore"),
    ("```sh\ntessera explain a \\\n  --nope\n```\n", "no option --nope"),
    ("```sh\ntessera explain --targ t\n```\n", "no option --targ"),
    ("[b](docs/b.md)\n", "links to docs/b.md"),
]


def self_test():
    found = []
    with tempfile.TemporaryDirectory() as root:
        harness.plant(root, {"tools/run.sh": "", "docs/on.md": "",
                             "build/bin/tessera": DRIVER, "build/bin/bench-a": ""})
        for name in ("tools/run.sh", "build/bin/tessera", "build/bin/bench-a"):
            os.chmod(os.path.join(root, name), 0o755)
        for text, expected in [(SOUND, None), *FAULTS]:
            harness.plant(root, {"README.md": text})
            complaints = check(root, f"{root}/build")
            if expected is None:
                found += complaints
            elif not any(expected in c for c in complaints):
                found.append(f"misses '{expected}': {complaints}")
    return found


def main(arguments):
    if arguments == ["--self-test"]:
        found = self_test()
    else:
        found = check(*arguments)
    for complaint in found:
        print(complaint, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
