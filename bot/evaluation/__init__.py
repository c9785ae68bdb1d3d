"""Measures what Citewell finds: cases, metrics, a runner, and reports."""
