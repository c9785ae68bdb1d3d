"""Plain text, in whatever encoding."""

import codecs

from charset_normalizer import from_bytes

from knowledge.types import ParsedFile, Section

# What companies' files are in: guessing among all encodings goes wrong on short texts.
_ENCODINGS = ["cp1252", "cp1250", "cp1251", "shift_jis", "gb18030", "big5", "euc_kr"]
_MAX_CONTROL_SHARE = 0.05
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE)


def parse(content: bytes) -> ParsedFile:
    """Return the whole text as one section without a title.

    Raises:
        ValueError: It is no text.
    """
    text = decode(content).strip()
    section = Section(heading_path=(), anchor="", text=text)
    return ParsedFile(title="", sections=(section,) if text else ())


def decode(content: bytes) -> str:
    """Return `content` as text: UTF-8 where it is, else the most likely encoding.

    Raises:
        ValueError: It is no text.
    """
    if content.startswith(_BOMS):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            guess = from_bytes(content, cp_isolation=_ENCODINGS).best()
            if guess is None:
                raise ValueError("is not a text file") from None
            text = str(guess)
    control = sum(1 for char in text if char < " " and char not in "\n\r\t\f")
    if control > len(text) * _MAX_CONTROL_SHARE:
        raise ValueError("is not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
