"""What is pressed: buttons, and the home that they stand on."""

import re
from dataclasses import dataclass
from enum import StrEnum

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_MAX_LABEL_CHARS = 75
_MAX_VALUE_CHARS = 1_900
_MAX_SECTIONS = 12
_MAX_HOME_LINES, _MAX_HOME_BUTTONS = 12, 5


class ButtonStyle(StrEnum):
    """How much a button stands out."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is asked before a press counts."""

    title: str
    text: str
    yes: str = "Yes"
    no: str = "Cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a reply; `action` names who handles a press, `value` comes back with it.

    With `opens_form` a press is answered with a form: some platforms must know that beforehand.
    """

    action: str
    label: str
    value: str = ""
    style: ButtonStyle = ButtonStyle.PLAIN
    confirm: Confirmation | None = None
    opens_form: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.action):
            raise ValueError("an action is a word of at most 40 small letters, digits, - and _")
        if not 1 <= len(self.label) <= _MAX_LABEL_CHARS or len(self.value) > _MAX_VALUE_CHARS:
            raise ValueError("a button's label or value is too long, or has no label")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLine:
    """One line of a home in plain words; `detail` is its small print, `url` where it leads."""

    text: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSection:
    """Lines under a heading, and what can be done about them."""

    title: str
    lines: tuple[HomeLine, ...]
    buttons: tuple[Button, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= _MAX_HOME_LINES or len(self.buttons) > _MAX_HOME_BUTTONS:
            raise ValueError("a section has 1 to 12 lines and at most 5 buttons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What one person sees who opens our home: about them first, then what they look after."""

    sections: tuple[HomeSection, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.sections) <= _MAX_SECTIONS:
            raise ValueError("a home has 1 to 12 sections")
