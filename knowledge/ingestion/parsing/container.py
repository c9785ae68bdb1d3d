"""What an office file is, a zip of XML parts: refused where it is broken, locked or a bomb."""

import io
import zipfile
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

MAX_UNPACKED_BYTES = 400 * 1024 * 1024
_MAX_PARTS = 20_000
_MAX_RATIO = 400  # an ordinary sheet packs 10 to 40 times; deflate can't do more than 1,030
_SMALL_BYTES = 10 * 1024 * 1024  # below this a high ratio does no harm
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_XML = (".xml", ".rels", ".vml")


def check(content: bytes, kind: str) -> None:
    """Let an office file of this `kind` (`a Word document (.docx)`) through.

    Raises:
        ValueError: It is something else, locked, unpacks to too much, or declares entities.
    """
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise ValueError("is protected by a password")
        raise ValueError(f"is in an older format: save it as {kind}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_sizes(archive)
            for part in archive.infolist():
                if part.filename.lower().endswith(_XML):
                    _check_prolog(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise ValueError(f"is not {kind}, or is damaged") from error


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """Believe the sizes that the archive states: `zipfile` unpacks no byte more."""
    parts = archive.infolist()
    if len(parts) > _MAX_PARTS:
        raise ValueError(f"holds more than {_MAX_PARTS:,} parts")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES:
        raise ValueError(f"unpacks to more than {MAX_UNPACKED_BYTES // 1024**2} MB")
    packed = sum(part.compress_size for part in parts)
    if unpacked > _SMALL_BYTES and unpacked > packed * _MAX_RATIO:
        raise ValueError(f"is packed more than {_MAX_RATIO} times: a bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise ValueError("is protected by a password")


def _check_prolog(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read up to the first element, since only before it entities can be declared."""
    with archive.open(part) as stream:
        try:
            next(iter(iterparse(stream, events=("start",), forbid_dtd=True)), None)
        except DefusedXmlException as error:
            raise ValueError("declares XML entities, as no office program does") from error
        except ParseError:
            return  # the format's own parser says what it makes of it
