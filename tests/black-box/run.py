#!/usr/bin/env python3
"""Runs the black-box suites of this directory (`*_test.py`) against the built binary.

`./test black-box` sets what they need: BACKSTEP_BINARY (the built `backstep`), AWS_CLI (the `aws` of its own environment),
and an interpreter that has boto3. Names given as arguments are passed to unittest (`run.py local_api_test`).
"""
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def main() -> int:
    binary = os.environ.get("BACKSTEP_BINARY")
    if not binary or not os.access(binary, os.X_OK):
        print(f"black-box: BACKSTEP_BINARY (`{binary}`) is no executable; run `./test build black-box`")
        return 1
    sys.path.insert(0, str(HERE))
    loader = unittest.TestLoader()
    names = sys.argv[1:]
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), pattern="*_test.py")
    outcome = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(outcome.failures) + len(outcome.errors) + len(outcome.unexpectedSuccesses)
    print(f"suite result: {outcome.testsRun - failed} passed; {failed} failed")
    return 0 if outcome.wasSuccessful() and outcome.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
