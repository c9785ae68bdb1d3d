"""The rows, one module for each part of the page; its docstring is the part's heading."""
