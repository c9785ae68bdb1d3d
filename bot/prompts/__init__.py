"""The prompts, one file each, and the library that loads them."""
