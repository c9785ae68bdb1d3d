"""What is found: several wordings, the version that is asked for, and when it is no evidence."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.controls.configstore import ConfigStore
from bot.line import answering_ranking
from bot.loading import Models
from bot.steps.readers import Readers
from bot.steps.redacting import DetectingFinder
from bot.steps.searching import AudienceRetriever
from bot.steps.sets import KnowledgeSets
from bot.types import Question, Turn
from bot.wiring import Parts, open_parts
from knowledge.ingestion.writing import Writer
from knowledge.retrieval import HybridRetriever, Threshold
from knowledge.sparse import SparseEncoder
from knowledge.types import EVERYONE, Document, Phrasing, Section
from tests.builders import a_message, a_thread
from tests.running import settings_for

STAFF = frozenset({EVERYONE})
PAGES = {
    "docs/certificates.md": "# Certificates\n\nThe private key is rotated at each renewal.",
    "v1.8-docs/certificates.md": "# Certificates\n\nThe private key is never rotated by default.",
    "docs/issuers.md": "# Issuers\n\nAn issuer signs certificate requests.",
    "copies/issuers.md": "# Issuers\n\nAn issuer signs certificate requests.",
    "leave.md": "# Annual leave\n\nEverybody has 30 days of annual leave.",
    "parental-leave.md": "# Parental leave\n\nParental leave is 20 weeks; it can be split.",
    "parking.md": "# Parking\n\nThe garage can be used by all staff.",
}


@pytest.fixture
async def parts(tmp_path: Path, models: Models) -> AsyncIterator[Parts]:
    for place, text in PAGES.items():
        page = tmp_path / "pages" / place
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
    async with open_parts(settings_for(tmp_path / "data"), models=models) as parts:
        await parts.ingest([tmp_path / "pages"], None, lambda *_: None)
        yield parts


async def found(parts: Parts, *phrasings: Phrasing) -> list[str]:
    finding = await parts.finder.find(phrasings, readers=STAFF, limit=6)
    return [passage.document_id for passage in finding.passages]


async def test_the_current_page_answers_and_the_older_one_says_that_it_is_outdated(
    parts: Parts,
) -> None:
    finding = await parts.finder.find(
        (Phrasing(text="Is the private key never rotated by default?"),), readers=STAFF, limit=6
    )
    first, second = finding.passages[:2]

    assert (first.document_id, first.superseded) == ("docs/certificates.md", False)
    assert (second.document_id, second.superseded) == ("v1.8-docs/certificates.md", True)


async def test_who_asks_for_the_older_version_gets_it(parts: Parts) -> None:
    finding = await parts.finder.find(
        (Phrasing(text="In version 1.8: is the private key rotated?"),), readers=STAFF, limit=6
    )

    assert finding.passages[0].document_id == "v1.8-docs/certificates.md"
    assert not finding.passages[0].superseded


async def test_a_version_that_no_document_has_changes_nothing(parts: Parts) -> None:
    names = await found(parts, Phrasing(text="In version 7.3: is the private key rotated?"))

    assert names[0] == "docs/certificates.md"


async def test_the_same_words_on_two_pages_take_one_place(parts: Parts) -> None:
    names = await found(parts, Phrasing(text="What does an issuer sign?"))

    assert len(names) == len(PAGES) - 1
    assert len({"docs/issuers.md", "copies/issuers.md"} & set(names)) == 1
    assert names[0] in {"docs/issuers.md", "copies/issuers.md"}


async def test_a_follow_up_is_searched_with_the_question_before_it(parts: Parts) -> None:
    history = (Turn(question="How long is parental leave?", answer="20 weeks."),)
    question = await parts.rewriter.rewrite("Can it be split?", history)

    assert sum(phrasing.weight for phrasing in question.searched) == pytest.approx(1)
    assert (await found(parts, *question.searched))[0] == "parental-leave.md"


async def test_what_no_page_is_about_is_no_evidence(parts: Parts) -> None:
    asked = (Phrasing(text="Who won the regatta in Oslo?"),)
    about = (Phrasing(text="How many days of annual leave are there?"),)

    assert not (await parts.finder.find(asked, readers=STAFF, limit=6)).is_enough
    assert (await parts.finder.find(about, readers=STAFF, limit=6)).is_enough


async def test_what_was_found_goes_on_to_the_text_around_it_and_its_link_is_its_sections(
    parts: Parts, tmp_path: Path
) -> None:
    trays = "Trays go back to the rack. " * 20
    rules = "\n\n".join(f"Rule {n} of the canteen. {trays}" for n in range(6))
    page = tmp_path / "pages" / "canteen.md"
    page.write_text(f"# Canteen\n\n## Rules\n\n{rules}\n\n## Prices\n\nSoup costs 3 EUR.\n")
    await parts.ingest([tmp_path / "pages"], None, lambda *_: None)
    finding = await parts.finder.find(
        (Phrasing(text="What is rule 3 of the canteen?"),), readers=STAFF, limit=2
    )
    best = finding.passages[0]

    assert best.text.count("of the canteen") >= 3
    assert best.url.endswith("#rules")
    assert "Soup" not in best.text


async def test_the_thread_that_is_asked_in_is_no_source(parts: Parts, models: Models) -> None:
    thread = a_thread()
    said = Document(
        id="#general: leave",
        location="source:chat/C1/1.0",
        url="https://acme.slack.example/archives/C1/p10",
        title="Leave",
        sections=(Section(heading_path=(), anchor="", text="A sabbatical takes 3 months."),),
        readers=STAFF,
        content_hash="h",
        thread=str(thread),
    )
    writer = Writer(
        index=parts.index,
        embeddings=models.embeddings,
        sparse=SparseEncoder(),
        personal=DetectingFinder(models.detector),
    )
    await writer.write_one(said)
    retriever = AudienceRetriever(
        parts.finder,
        Readers(parts.durable.directory),
        KnowledgeSets(ConfigStore(parts.redis), {}),
        limit=6,
        timeout_s=20,
    )
    question = Question(text="How long is a sabbatical?", standalone="How long is a sabbatical?")
    audience = a_message().audience
    here = await retriever.retrieve(question, audience=audience, thread=thread)
    elsewhere = await retriever.retrieve(question, audience=audience, thread=a_thread("2.0"))

    assert said.id not in {passage.document_id for passage in here.passages}
    assert elsewhere.passages[0].document_id == said.id


async def test_other_embeddings_have_no_threshold(parts: Parts, models: Models) -> None:
    settings = settings_for(Path("unused"), embedding_model="openai:text-embedding-3-small")
    finder = HybridRetriever(
        parts.index, models.embeddings, SparseEncoder(), answering_ranking(settings)
    )
    asked = (Phrasing(text="Who won the regatta in Oslo?"),)

    assert answering_ranking(settings).threshold == Threshold()
    assert (await finder.find(asked, readers=STAFF, limit=6)).is_enough
