"""What rests encrypted opens with its own key for its own purpose only."""

import stat
from pathlib import Path

import pytest

from bot.crypto import Cipher, UndecipherableError, key_id_of, key_of


def test_what_was_sealed_opens_again(cipher: Cipher) -> None:
    sealed = cipher.seal(b"Ann Miller", "thread-1")

    assert b"Ann" not in sealed
    assert cipher.open(sealed, "thread-1") == b"Ann Miller"


def test_another_key_opens_nothing(cipher: Cipher) -> None:
    with pytest.raises(UndecipherableError):
        Cipher(b"another key").open(cipher.seal(b"Ann", "thread-1"), "thread-1")


def test_one_threads_value_is_not_readable_as_anothers(cipher: Cipher) -> None:
    with pytest.raises(UndecipherableError):
        cipher.open(cipher.seal(b"Ann", "thread-1"), "thread-2")


@pytest.mark.parametrize("broken", [b"", b"short", b"x" * 64])
def test_a_broken_value_is_an_error_of_ours(cipher: Cipher, broken: bytes) -> None:
    with pytest.raises(UndecipherableError):
        cipher.open(broken, "thread-1")


def test_the_key_file_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = key_of(tmp_path)

    assert key_of(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "encryption.key").stat().st_mode) == 0o600


def test_what_an_older_key_sealed_opens_and_is_written_with_the_newest() -> None:
    old, new = Cipher(b"old"), Cipher(b"new", b"older", b"old")
    sealed = old.seal(b"Ann", "thread-1")

    assert new.open(sealed, "thread-1") == b"Ann"
    assert key_id_of(sealed) == old.key_id
    assert key_id_of(new.seal(b"Ann", "thread-1")) == new.key_id != old.key_id
    with pytest.raises(UndecipherableError):
        old.open(new.seal(b"Ann", "thread-1"), "thread-1")


def test_what_was_sealed_before_values_named_their_key_opens(cipher: Cipher) -> None:
    named = cipher.seal(b"Ann", "thread-1")

    assert cipher.open(named[10:], "thread-1") == b"Ann"
    assert key_id_of(named[10:]) == ""
