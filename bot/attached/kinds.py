"""Which kind of file an attachment is: by its name, else by what it is declared to be."""

from pathlib import PurePath

from adapters.files import Attachment
from bot.language.texts import said
from knowledge.ingestion.parsing.formats import is_supported

_ENDINGS = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "message/rfc822": ".eml",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/tab-separated-values": ".tsv",
}
_IMAGES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpeg", ".jpg", ".png", ".svg", ".tif",
     ".tiff", ".webp"}
)  # fmt: skip
_MAX_NAME_CHARS = 80


def is_image(file: Attachment) -> bool:
    """Return whether `file` is a picture."""
    return file.kind.startswith("image/") or bool({_ending(file.name), f".{file.kind}"} & _IMAGES)


def suffix_of(file: Attachment) -> str:
    """Return the ending by which a parser reads `file`; empty where none does."""
    for ending in (_ending(file.name), f".{file.kind.lower()}", _ENDINGS.get(file.kind, "")):
        if ending and is_supported(f"file{ending}"):
            return ending
    return ".txt" if file.kind.startswith("text/") else ""


def shown_name(name: str) -> str:
    """Return a file's name as one short stretch of code in Markdown: nothing in it acts."""
    words = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if len(words) > _MAX_NAME_CHARS:
        words = f"{words[: _MAX_NAME_CHARS - 1]}\u2026"
    return f"`{words.replace('`', chr(39))}`" if words else said("files_nameless")


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower()
