#!/usr/bin/env python3
"""Holds the outcome of a conformance run against its floor: `conformance-score.py OUTCOME CASES FLOOR`.

A line of the floor is a category and how many of its cases must be as on AWS: in their result, in the sequence of their events, in
everything. A category below its floor fails; one above it says that the floor is to be raised, which CONFORMANCE_RAISE=1 does.
"""
import json
import os
import sys
from collections import Counter, defaultdict

LEVELS = ("result", "events", "full")


def scores(outcome: str, cases: str) -> dict[str, Counter]:
    """By category, how many cases were as on AWS at each level, and how many there were."""
    with open(cases, encoding="utf-8") as lines:
        category = {case["id"]: case["category"] for case in map(json.loads, lines)}
    found = defaultdict(Counter)
    with open(outcome, encoding="utf-8") as rows:
        for row in json.load(rows):
            if "skip" in row:
                continue
            counted = found[category[row["id"]]]
            for level in LEVELS:
                counted[level] += row[level] is not None and not row[level]
                counted[level + " of"] += row[level] is not None
    return found


def floors(path: str) -> dict[str, dict[str, int]]:
    with open(path, encoding="utf-8") as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {name: dict(zip(LEVELS, map(int, counts))) for name, *counts in rows}


def lift(path: str, found: dict[str, Counter]) -> None:
    """Raises every floor to what was reached; none is lowered."""
    with open(path, encoding="utf-8") as lines:
        text = list(lines)
    with open(path, "w", encoding="utf-8") as raised:
        for line in text:
            if line.strip() and not line.startswith("#"):
                name, *counts = line.split()
                reached = [max(int(count), found[name][level]) for count, level in zip(counts, LEVELS)]
                line = f"{name} {' '.join(map(str, reached))}\n"
            raised.write(line)


def main(outcome: str, cases: str, floor: str) -> int:
    found, wanted = scores(outcome, cases), floors(floor)
    below, above = [], []
    for name, least in wanted.items():
        for level in LEVELS:
            reached = found[name][level]
            told = f"{name}: {level} {reached} of {found[name][level + ' of']}, floor {least[level]}"
            if reached < least[level]:
                below.append(told)
            elif reached > least[level]:
                above.append(told)
    total = sum((found[name] for name in wanted), Counter())
    for level in LEVELS:
        least = sum(least[level] for least in wanted.values())
        print(f"conformance: {level} as on AWS in {total[level]} of {total[level + ' of']} cases (floor {least})")
    if os.environ.get("CONFORMANCE_RAISE") == "1":
        lift(floor, found)
        above = []
    for told in above:
        print(f"conformance: above the floor; raise it in the commit that earned it: {told}")
    for told in below:
        print(f"conformance: below the floor: {told}")
    # The last line is what `.ci/run` counts.
    passed = total["result"]
    print(f"conformance: {passed} passed, {total['result of'] - passed} failed (results as on AWS)")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
