#!/usr/bin/env python3
"""The counting of test results, on results with every kind of outcome."""
import os
import subprocess
import sys
import tempfile

SUMMARISE = os.path.join(os.path.dirname(__file__), "..", "summarise.py")

LIT = '{"tests": [%s]}'
LIT_CODES = ["PASS", "XFAIL", "FAIL", "XPASS", "TIMEOUT", "UNRESOLVED",
             "UNSUPPORTED"]  # fmt: skip
CTEST = """<?xml version="1.0"?>
<testsuite name="t">
 <testcase name="a" status="run"/>
 <testcase name="b" status="fail"><failure message=""/></testcase>
 <testcase name="c" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
 </testcase>
 <testcase name="d" status="notrun"><skipped message="Unable to find program"/>
 </testcase>
 <testcase name="e" status="disabled"/>
</testsuite>
"""


def counts(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w") as out:
            out.write(text)
        done = subprocess.run([sys.executable, SUMMARISE, path], check=True,
                              capture_output=True, text=True)
        return done.stdout.strip()


def main():
    tests = ", ".join(f'{{"name": "{c}", "code": "{c}"}}' for c in LIT_CODES)
    cases = [
        ("lit.json", LIT % tests, "2 4 1"),
        ("ctest.xml", CTEST, "1 2 2"),
        ("empty.json", LIT % "", "0 1 0"),
        ("empty.xml", "<testsuite/>", "0 1 0"),
    ]
    wrong = [(name, counts(name, text), expected)
             for name, text, expected in cases if counts(name, text) != expected]
    for name, found, expected in wrong:
        print(f"{name}: counted {found}, expected {expected}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
