"""File systems take any bytes in a name: what can't be written down is named, the rest is read."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from knowledge.errors import SourceError
from knowledge.ingestion.sources.folder import list_files


def test_a_name_that_is_no_utf8_is_told_and_ends_nothing(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text("Coffee.")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    for name in ("cafe\u0301.md", "two\nlines.md", "plain.md"):
        (tmp_path / name).write_text("Coffee.")
    listing = list_files([tmp_path], None)

    assert sorted(file.id for file in listing.files) == [
        "cafe\u0301.md",
        "plain.md",
        "two\nlines.md",
    ]
    assert listing.unsupported == ("caf\ufffd.md (its name is no UTF-8: rename it)",)


@contextmanager
def nobody() -> Iterator[None]:
    """Be no administrator inside, whom no right of a folder stops."""
    mine = os.geteuid()
    os.seteuid(65_534 if mine == 0 else mine)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_a_folder_that_can_t_be_read_is_not_taken_for_an_empty_one() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "closed").mkdir()
        (root / "closed" / "page.md").write_text("Coffee.")
        root.chmod(0o755)
        (root / "closed").chmod(0o000)
        with nobody(), pytest.raises(SourceError, match=r"closed: Permission denied"):
            list_files([root], None)
        (root / "closed").chmod(0o700)
