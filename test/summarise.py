#!/usr/bin/env python3
"""Sums lit's JSON and CTest's JUnit results: passed, failed, skipped."""
import json
import sys
import xml.etree.ElementTree as xml

LIT_PASSED = {"PASS", "XFAIL", "FLAKYPASS"}
LIT_SKIPPED = {"UNSUPPORTED", "EXCLUDED", "SKIPPED"}


def lit_outcome(code):
    if code in LIT_PASSED:
        return "passed"
    return "skipped" if code in LIT_SKIPPED else "failed"


def ctest_outcome(case):
    """A test that could not be started is "notrun" too, but it has failed."""
    if case.get("status") == "run":
        return "passed"
    if case.get("status") == "disabled":
        return "skipped"
    reason = case.find("skipped")
    skipped = reason is not None and reason.get("message", "").startswith("SKIP_")
    return "skipped" if skipped else "failed"


def outcomes(path):
    if path.endswith(".json"):
        with open(path) as results:
            for test in json.load(results)["tests"]:
                yield test["name"], lit_outcome(test["code"])
    else:
        for case in xml.parse(path).getroot().iter("testcase"):
            yield case.get("name"), ctest_outcome(case)


def main(paths):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for path in paths:
        found = list(outcomes(path))
        for name, outcome in found:
            total[outcome] += 1
            if outcome == "failed":
                print(f"failed: {name}", file=sys.stderr)
        if not found:
            print(f"failed: {path} holds no test", file=sys.stderr)
            total["failed"] += 1
    print(total["passed"], total["failed"], total["skipped"])


if __name__ == "__main__":
    main(sys.argv[1:])
