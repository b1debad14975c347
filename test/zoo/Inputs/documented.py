#!/usr/bin/env python3
"""Compares `tessera zoo --list` on standard input with the table of a page.

usage: documented.py PAGE. A row "NAME … bN" stands for several networks.
"""
import sys


def listed():
    rows = [line.split() for line in sys.stdin.read().splitlines()[2:]]
    return {row[0]: (row[1], row[2]) for row in rows}


def documented(page):
    with open(page, encoding="utf-8") as file:
        rows = [line.split("|")[1:4] for line in file if line.startswith("| ")]
    cells = [[cell.strip() for cell in row] for row in rows]
    return {name: (params, macs) for name, params, macs in cells
            if name != "network" and "…" not in name}


def main(page):
    networks, rows = listed(), documented(page)
    wrong = [name for name in rows if networks.get(name) != rows[name]]
    missing = [name for name in networks if name not in rows
               and not name.startswith("efficientnet-x-b")]
    if wrong or missing:
        raise SystemExit(f"{page}: wrong: {wrong}; missing: {missing}")
    print(f"{len(rows)} of {len(networks)} networks as documented")


if __name__ == "__main__":
    main(*sys.argv[1:])
