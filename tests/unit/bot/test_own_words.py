"""Our own words are whole in every language, and are said in the language of who reads them."""

import re
from pathlib import Path

import pytest

from bot.commands.records import kind_in_words
from bot.language.languages import language_of
from bot.language.manner import Manner, speaking
from bot.language.texts import LANGUAGES, counted, is_said, said
from bot.language.texts.catalogue import words_in

ROOT = Path(__file__).parents[3]
_FILLED = re.compile(r"\{(\w+)\}")
_SAID = re.compile(r"\b(?:said|counted)\(\s*f?['\"]([^'\"]+)['\"]")
_ALIKE = {"sources", "home_sources_button", "home_documents_one", "home_documents_many"} | {
    "kept_messages"
}
_LIMITS = {  # Slack's, which are the narrower ones
    re.compile(r".*_button|human_(?:take|done)|reason_\w+|prompt_\w+"): 75,
    re.compile(r"(?:why|keep|right)_title|keep_submit|form_(?:send|save|cancel)"): 24,
    re.compile(r"home_title_\w+|prompts_title"): 150,
}


def _limit_of(key: str) -> int:
    """Return how long our words for `key` may be where a platform limits them."""
    return next((most for keys, most in _LIMITS.items() if keys.fullmatch(key)), 3_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_words_and_fills_in_the_same(language: str) -> None:
    english, own = words_in("en"), words_in(language)

    assert list(own) == list(english)
    assert all(own.values())
    for key, text in english.items():
        assert sorted(_FILLED.findall(own[key])) == sorted(_FILLED.findall(text)), key
        assert len(own[key]) <= _limit_of(key), key
    if language != "en":
        same = {key for key in english if own[key] == english[key]}
        assert same <= _ALIKE


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    files = {path.stem for path in (ROOT / "bot" / "language" / "texts").glob("*.yaml")}

    assert files == set(LANGUAGES)


def test_what_the_code_says_is_written_and_what_is_written_is_said() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py")]
    whole = "\n".join(sources)
    patterns = {
        re.compile(re.sub(r"\\\{[^}]*\\\}", r"\\w+", re.escape(key)))
        for key in _SAID.findall(whole)
    }
    named = set(re.findall(r"\"([a-z_]+)\"", whole))

    patterns |= {re.compile(rf"(?:{each.pattern})_(?:one|many)") for each in patterns}
    for key in _SAID.findall(whole):
        written = re.compile(re.sub(r"\\\{[^}]*\\\}", r"\\w+", re.escape(key)) + "(?:_one|_many)?")
        assert any(written.fullmatch(each) for each in words_in("en")), key
    for key in words_in("en"):
        bare = key.removesuffix("_one").removesuffix("_many")
        assert {key, bare} & named or any(pattern.fullmatch(key) for pattern in patterns), key


def test_words_are_said_in_the_language_at_hand_and_in_english_where_there_is_none() -> None:
    said_in = {}
    for language in ("de", "fr", "es", "it"):
        with speaking(Manner(language=language)):
            said_in[language] = said("nothing_found")

    assert said_in["de"].startswith("Ich habe in den Dokumenten nichts")
    assert said_in["fr"].startswith("Je n'ai rien trouv")
    assert said_in["es"].startswith("No encontr")
    assert said_in["it"] == said("nothing_found") == words_in("en")["nothing_found"]
    assert all(is_said("nothing_found", text) for text in said_in.values())


@pytest.mark.parametrize(
    ("language", "none", "one", "many"),
    [
        ("en", "0 hours ago", "1 hour ago", "1,200 hours ago"),
        ("de", "vor 0 Stunden", "vor 1 Stunde", "vor 1.200 Stunden"),
        ("fr", "il y a 0 heure", "il y a 1 heure", "il y a 1\u202f200 heures"),
        ("es", "hace 0 horas", "hace 1 hora", "hace 1.200 horas"),
    ],
)
def test_numbers_and_plurals_are_those_of_the_language(
    language: str, none: str, one: str, many: str
) -> None:
    with speaking(Manner(language=language)):
        assert [counted("ago_hours", count) for count in (0, 1, 1200)] == [none, one, many]


def test_of_everything_that_is_kept_of_a_person_its_name_is_written() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py"))
    kinds = [
        *re.findall(r"^    kind = \"([^\"]+)\"", sources, re.MULTILINE),
        *re.findall(r"^_KNOWN_BY = \"([^\"]+)\"", sources, re.MULTILINE),
    ]

    assert len(kinds) > 14
    for kind in kinds:
        assert kind_in_words(kind) == kind


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many days of annual leave do I get?", "en"),
        ("Wie viele Urlaubstage habe ich im Jahr?", "de"),
        ("Combien de jours de congé ai-je par an ?", "fr"),
        ("¿Cuántos días de vacaciones tengo al año?", "es"),
        ("Quanti giorni di ferie ho all'anno?", "it"),
        ("有給休暇は年に何日ありますか", "ja"),
        ("Danke!", "de"),
        ("Hola", "es"),
        ("ok", ""),
        ("VPN?", ""),
        ("https://docs.example.com/urlaub <PERSON_1> :tada: 42", ""),
        ("", ""),
    ],
)
async def test_a_language_is_told_where_it_is_clear(text: str, language: str) -> None:
    assert await language_of(text) == language
