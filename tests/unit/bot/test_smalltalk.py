"""Greetings, thanks and emoji get a friendly word; questions are never mistaken for them."""

import pytest

from bot.smalltalk import ASK_ME, WELCOME, small_talk_reply


@pytest.mark.parametrize("text", ["", "   ", ":tada:", ":+1: :smile:", "🎉🎉", "???", "👋🏽"])
def test_a_message_without_words_is_told_how_to_ask(text: str) -> None:
    assert small_talk_reply(text) == ASK_ME


@pytest.mark.parametrize("text", ["Hi", "hello there!", "Good morning :wave:", "Hallo"])
def test_a_greeting_is_greeted(text: str) -> None:
    assert small_talk_reply(text) == f"Hello! {ASK_ME}"


@pytest.mark.parametrize("text", ["thanks!", "Thank you so much", "danke", "ok"])
def test_thanks_are_welcome(text: str) -> None:
    assert small_talk_reply(text) == WELCOME


@pytest.mark.parametrize("text", ["leave?", "Hi, how many days of leave?", "vpn", "Urlaub", "6?"])
def test_a_question_is_a_question(text: str) -> None:
    assert small_talk_reply(text) is None
