"""What of attached files reaches the prompt stays within its budget, and is masked before."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from adapters.files import Attachment
from bot.attached.choosing import PieceChooser
from bot.attached.kinds import is_image, shown_name, suffix_of
from bot.attached.store import KeptFile, Piece
from knowledge.sparse import SparseEncoder
from knowledge.types import PersonalSpan

SECRET = "Zebulon"


class Letters(Embeddings):
    """Stands for a vendor's embedding model: it notes what it is sent, and counts letters."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.sent += texts
        return [[float(text.lower().count(letter)) for letter in "abcdefgh"] for text in texts]


class OneName:
    """Finds one name, as a detector would."""

    async def find(self, texts: Sequence[str]) -> Sequence[tuple[PersonalSpan, ...]]:
        return [self._found(text) for text in texts]

    async def mask(self, texts: Sequence[str]) -> Sequence[tuple[str, tuple[str, ...]]]:
        return [(text, ()) for text in texts]

    def _found(self, text: str) -> tuple[PersonalSpan, ...]:
        start = text.find(SECRET)
        end = start + len(SECRET)
        return (PersonalSpan(type="PERSON", start=start, end=end),) if start >= 0 else ()


def a_file(*texts: str, name: str = "rules.md") -> KeptFile:
    pieces = tuple(Piece(heading_path=(), text=text) for text in texts)
    return KeptFile(id=name, name=name, url="", by="T1:U1", is_from_outside=False, pieces=pieces)


def a_chooser(max_tokens: int) -> tuple[PieceChooser, Letters]:
    letters = Letters()
    return PieceChooser(letters, SparseEncoder(), OneName(), max_tokens=max_tokens), letters


async def test_a_long_file_gives_its_beginning_and_what_bears_on_the_question() -> None:
    texts = [f"Form {n} is due on day {n}." + " Nothing else." * 20 for n in range(200)]
    texts[150] = f"{SECRET} decides on rebates above the limit of 900 EUR."
    chooser, letters = a_chooser(max_tokens=300)

    chosen = await chooser.choose([a_file(*texts)], "Who decides on rebates above the limit?")

    assert SECRET in " ".join(passage.text for passage in chosen)
    assert sum(len(passage.text) for passage in chosen) <= 1_200
    assert [p.position for p in chosen] == sorted(p.position for p in chosen)
    assert any("rebates" in text for text in letters.sent)
    assert SECRET not in " ".join(letters.sent)


@given(
    sizes=st.lists(st.integers(1, 1_100), max_size=60),
    max_tokens=st.integers(75, 2_000),
    is_asked=st.booleans(),
)
async def test_the_budget_holds_whatever_the_files(
    sizes: list[int], max_tokens: int, *, is_asked: bool
) -> None:
    chooser, _ = a_chooser(max_tokens)
    files = [a_file(*("x" * size for size in sizes), name=name) for name in ("a.md", "b.md")]

    chosen = await chooser.choose(files, "What does it cost?" if is_asked else "")

    assert sum(len(passage.text) for passage in chosen) <= max_tokens * 4
    assert len({passage.chunk_id for passage in chosen}) == len(chosen)


@pytest.mark.parametrize(
    ("name", "kind", "suffix", "image"),
    [
        ("Plan.PDF", "application/pdf", ".pdf", False),
        ("Untitled", "text/plain", ".txt", False),
        ("script.py", "text/x-python", ".txt", False),
        ("sheet", "xlsx", ".xlsx", False),
        ("letter", "message/rfc822", ".eml", False),
        ("photo", "jpg", "", True),
        ("photo.HEIC", "", "", True),
        ("run.exe", "application/octet-stream", "", False),
    ],
)
def test_a_files_kind_is_told_by_its_name_else_by_what_it_is_declared_to_be(
    name: str, kind: str, suffix: str, *, image: bool
) -> None:
    file = Attachment(ref="F1", name=name, kind=kind)

    assert (suffix_of(file), is_image(file)) == (suffix, image)


@given(st.text())
def test_no_name_of_a_file_can_do_more_than_be_shown(name: str) -> None:
    shown = shown_name(name)

    assert shown == "the attached file" or (shown[0], shown[-1]) == ("`", "`")
    assert "`" not in shown[1:-1]
    assert "\n" not in shown
    assert len(shown) <= 82
