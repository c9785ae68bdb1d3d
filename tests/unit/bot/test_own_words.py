"""Our own words are whole in every language, and are said in the language of who reads them."""

import re
from pathlib import Path

import pytest

from bot.languages import language_of
from bot.manner import Manner, speaking
from bot.texts import LANGUAGES, is_said, said
from bot.texts.catalogue import words_in

ROOT = Path(__file__).parents[3]
_FILLED = re.compile(r"\{(\w+)\}")
_SAID = re.compile(r"\bsaid\(\s*f?['\"]([^'\"]+)['\"]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_words_and_fills_in_the_same(language: str) -> None:
    english, own = words_in("en"), words_in(language)

    assert list(own) == list(english)
    assert all(own.values())
    for key, text in english.items():
        assert sorted(_FILLED.findall(own[key])) == sorted(_FILLED.findall(text)), key
        assert len(own[key]) <= 75 or not key.endswith("_button"), key
    if language != "en":
        same = {key for key in english if own[key] == english[key]}
        assert same <= {"sources"}


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    files = {path.stem for path in (ROOT / "bot" / "texts").glob("*.yaml")}

    assert files == set(LANGUAGES)


def test_what_the_code_says_is_written_and_what_is_written_is_said() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py")]
    whole = "\n".join(sources)
    patterns = {
        re.compile(re.sub(r"\\\{[^}]*\\\}", r"\\w+", re.escape(key)))
        for key in _SAID.findall(whole)
    }
    named = set(re.findall(r"\"([a-z_]+)\"", whole))

    for pattern in patterns:
        assert any(pattern.fullmatch(key) for key in words_in("en")), pattern.pattern
    for key in words_in("en"):
        assert key in named or any(pattern.fullmatch(key) for pattern in patterns), key


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
