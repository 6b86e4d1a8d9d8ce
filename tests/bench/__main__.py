"""All benchmarks by one command.

    python -m tests.bench saga | profile | push | growth | embedded | browser | soak  [--short] [--json]

tests/bench/README.md says how to read what they print.
"""

from __future__ import annotations

import argparse
import importlib
import sys

BENCHMARKS = {
    "saga": "tests.bench.saga.rounds",
    "profile": "tests.bench.saga.profile",
    "push": "tests.bench.push.levels",
    "growth": "tests.bench.growth.sizes",
    "embedded": "tests.bench.embedded",
    "browser": "tests.bench.browser",
    "soak": "tests.bench.soak",
}


def main(words: list[str]) -> int:
    """Do what the command line says and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    some = parser.add_subparsers(required=True)
    for name, path in BENCHMARKS.items():
        module = importlib.import_module(path)
        one = some.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        one.add_argument("--short", action="store_true", help="less than a minute")
        one.add_argument("--json", action="store_true", help="the figures as the last line")
        module.arguments(one)
        one.set_defaults(run=module.run)
    said = parser.parse_args(words)
    code: int = said.run(said)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
