"""Which parser reads which kind of file."""

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath

from knowledge.types import ParsedFile

Parse = Callable[[bytes], ParsedFile]

_MODULES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".pptx": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".csv": "separated",
    ".tsv": "separated",
    ".eml": "mail",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
}


def is_supported(name: str) -> bool:
    """Return whether a file of this name can be parsed."""
    return PurePath(name).suffix.lower() in _MODULES


def parser_of(name: str) -> Parse:
    """Return the parser for a file of this name; only its own libraries are imported.

    Raises:
        KeyError: The kind of file is not supported.
    """
    module = import_module(f"knowledge.ingestion.parsing.{_MODULES[PurePath(name).suffix.lower()]}")
    parse: Parse = module.parse
    return parse
