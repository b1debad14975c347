#!/usr/bin/env python3
"""Prints keys of target files that a page's table leaves out, and keys of the
table that no target file may hold.

usage: target_keys.py PAGE SCHEMA.c
"""
import re
import sys


def documented(page):
    """The keys of the table's rows, `.b` after `a.x` completed to `a.b`."""
    keys = set()
    for row in re.findall(r"^\| (.*?`[a-z_]+\..*?) \|", page, re.MULTILINE):
        group = ""
        for key in re.findall(r"`([\w.]+)`", row):
            key = group + key if key.startswith(".") else key
            group = key.rsplit(".", 2 if key.endswith(".TYPE") else 1)[0]
            keys.add(key)
    return keys


def allowed(schema):
    """The paths of the table in C; those made by a macro end in a dot."""
    paths = set(re.findall(r'ROW\("([a-z_.]+)"', schema))
    endings = {"matrix.macs_per_s.": "TYPE", "vector.cost.": "OP",
               "fusion.": "RULE"}
    return {p + endings.get(p, "TYPE") if p.endswith(".") else p for p in paths}


def main(page_path, schema_path):
    with open(page_path) as page, open(schema_path) as schema:
        told, known = documented(page.read()), allowed(schema.read())
    for key in sorted(known - told):
        print(f"not in the page: {key}")
    for key in sorted(told - known):
        print(f"not in the schema: {key}")
    print(f"{len(known & told)} keys agree")
    return 0 if told == known else 1


sys.exit(main(*sys.argv[1:]))
