"""Measures Citewell on sets of questions, documents and attacks."""
