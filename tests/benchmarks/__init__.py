"""Benchmarks: `make bench`, or `python -m tests.benchmarks --data FOLDER` for the big sets too."""
