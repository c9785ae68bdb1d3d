"""Greetings, thanks and emoji get a friendly word; questions are never mistaken for them."""

import pytest

from bot.language.texts import said
from bot.steps.smalltalk import small_talk_reply


@pytest.mark.parametrize("text", ["", "   ", ":tada:", ":+1: :smile:", "🎉🎉", "???", "👋🏽"])
def test_a_message_without_words_is_told_how_to_ask(text: str) -> None:
    assert small_talk_reply(text) == said("ask_me")


@pytest.mark.parametrize(
    "text", ["Hi", "hello there!", "Good morning :wave:", "Hallo", "Bonjour à tous", "¡Hola!"]
)
def test_a_greeting_is_greeted(text: str) -> None:
    assert small_talk_reply(text) == said("hello", ask_me=said("ask_me"))


@pytest.mark.parametrize(
    "text", ["thanks!", "Thank you so much", "danke", "ok", "merci beaucoup", "vale"]
)
def test_thanks_are_welcome(text: str) -> None:
    assert small_talk_reply(text) == said("welcome")


@pytest.mark.parametrize("text", ["leave?", "Hi, how many days of leave?", "vpn", "Urlaub", "6?"])
def test_a_question_is_a_question(text: str) -> None:
    assert small_talk_reply(text) is None
