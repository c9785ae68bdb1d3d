"""Checks buttons, thumbs and modals against Slack's published limits."""

from collections.abc import Iterator
from typing import Any

_BUTTON = {"type", "action_id", "text", "value", "style", "confirm", "url"}
_CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
_STYLES = {None, "primary", "danger"}
_VIEW = {"type", "callback_id", "private_metadata", "title", "submit", "close", "blocks"}
_ELEMENTS = {
    "plain_text_input": {"type", "action_id", "multiline", "max_length", "initial_value"},
    "static_select": {"type", "action_id", "options", "initial_option"},
    "datepicker": {"type", "action_id", "initial_date"},
}


def problems_of_row(block: Any) -> Iterator[str]:
    """Yield what Slack would refuse in a header, or an `actions` or `context_actions` block."""
    if block["type"] == "divider":
        return
    if block["type"] == "header":
        yield from _plain(block.get("text"), 150)
        return
    if block["type"] not in {"actions", "context_actions"}:
        yield f"unknown block {block['type']}"
        return
    elements = block.get("elements") or []
    is_thumbs = block["type"] == "context_actions"
    if not 1 <= len(elements) <= (5 if is_thumbs else 25):
        yield f"{len(elements)} elements in {block['type']}"
    ids = [element.get("action_id", "") for element in elements]
    if len(ids) != len(set(ids)) or any(not 1 <= len(each) <= 255 for each in ids):
        yield "an action_id is there twice, empty or too long"
    for element in elements:
        yield from _thumbs(element) if is_thumbs else _button(element)


def problems_of_view(view: Any, *, kind: str = "modal") -> Iterator[str]:
    """Yield what Slack would refuse in a view, its blocks apart from its inputs excepted."""
    if view.get("type") != kind or set(view) - _VIEW:
        yield f"no {kind}, or unknown fields {sorted(set(view) - _VIEW)}"
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        yield "private_metadata or callback_id is too long"
    if not 1 <= len(view.get("blocks") or []) <= 100:
        yield "a view has 1 to 100 blocks"
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    if kind == "modal":
        yield from _plain(view.get("title"), 24)
        yield from _plain(view.get("close"), 24)
        if inputs:
            yield from _plain(view.get("submit"), 24)
    if len({block.get("block_id") for block in inputs}) != len(inputs):
        yield "two inputs have one block_id"
    for block in inputs:
        yield from _input(block)


def defaults_of(view: Any) -> dict[str, str]:
    """Return what stands in each field before anybody fills it in."""
    found = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            option = element.get("initial_option") or {}
            found[block["block_id"]] = str(
                element.get("initial_value")
                or element.get("initial_date")
                or option.get("value")
                or ""
            )
    return found


def state_of(view: Any, values: dict[str, str]) -> dict[str, Any]:
    """Return a view's state as Slack sends it; refuses what the form would not let one enter."""
    state: dict[str, Any] = {}
    blocks = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
    assert not set(values) - set(blocks), "no such field"
    for name, block in blocks.items():
        element, value = block["element"], values.get(name, "")
        assert value or block.get("optional"), f"{name} must be filled in"
        kind = element["type"]
        shown: dict[str, Any] = {"type": kind}
        if kind == "static_select":
            option = next(o for o in element["options"] if o["value"] == value)
            shown["selected_option"] = option
        elif kind == "datepicker":
            shown["selected_date"] = value or None
        else:
            assert len(value) <= element.get("max_length", 3_000)
            shown["value"] = value or None
        state[name] = {element["action_id"]: shown}
    return state


def _button(element: Any) -> Iterator[str]:
    if element.get("type") != "button" or set(element) - _BUTTON:
        yield f"no button, or unknown fields {sorted(set(element) - _BUTTON)}"
    yield from _plain(element.get("text"), 75)
    if "value" in element and not 1 <= len(element["value"]) <= 2_000:
        yield "a button's value is empty or over 2,000"
    if element.get("style") not in _STYLES:
        yield "unknown style"
    if confirm := element.get("confirm"):
        if set(confirm) - {*_CONFIRM, "style"}:
            yield "unknown field in confirm"
        for name, limit in _CONFIRM.items():
            yield from _plain(confirm.get(name), limit)


def _thumbs(element: Any) -> Iterator[str]:
    fields = {"type", "action_id", "positive_button", "negative_button"}
    if element.get("type") != "feedback_buttons" or set(element) != fields:
        yield "no feedback_buttons"
        return
    for name in ("positive_button", "negative_button"):
        button = element[name]
        yield from _plain(button.get("text"), 75)
        if not 1 <= len(button.get("value", "")) <= 2_000 or set(button) != {"text", "value"}:
            yield f"{name} is wrong"


def _input(block: Any) -> Iterator[str]:
    if set(block) - {"type", "block_id", "label", "element", "hint", "optional"}:
        yield "unknown field in input"
    yield from _plain(block.get("label"), 2_000)
    if "hint" in block:
        yield from _plain(block["hint"], 2_000)
    element = block["element"]
    kind = element.get("type")
    if kind not in _ELEMENTS or set(element) - _ELEMENTS[kind]:
        yield f"unknown element {kind} or field in it"
        return
    if kind == "plain_text_input" and not 1 <= element.get("max_length", 3_000) <= 3_000:
        yield "max_length is not 1 to 3,000"
    if len(element.get("initial_value", "")) > element.get("max_length", 3_000):
        yield "initial_value is over max_length"
    if kind == "static_select":
        yield from _menu(element)


def _menu(element: Any) -> Iterator[str]:
    if not 1 <= len(element["options"]) <= 100:
        yield "a menu has 1 to 100 options"
    for option in element["options"]:
        yield from _plain(option["text"], 75)
        if not 1 <= len(option["value"]) <= 150:
            yield "an option's value is empty or over 150"
    if "initial_option" in element and element["initial_option"] not in element["options"]:
        yield "initial_option is none of the options"


def _plain(text: Any, limit: int) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") != "plain_text":
        yield "no plain_text"
    elif not 1 <= len(text.get("text", "")) <= limit:
        yield f"plain_text is empty or over {limit}"
