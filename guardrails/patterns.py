"""Personal data that has a form: mail, phone, card, IBAN and social security numbers."""

import re
from collections.abc import Sequence

from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer

_MIN_IBAN_DIGITS = 8
# The last label has letters only (`react@18.2.0` is none); `git@` is everybody's.
_MAIL = (
    r"(?!git@)[\w.!#$%&'*+/=?^`{|}~-]{1,128}(?<!\bgit)@"
    r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])"
)
_ABOUT_CARDS = (
    r"(?i:\b(?:cards?|cc|visa|mastercard|amex|maestro|(?:kredit)?karte|carte|tarjeta)\b"
    r"[^\d\n]{1,30})"
)
_DATE = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|"
    r"\d{1,2}(?:st|nd|rd|th|\.)?(?: of)? [A-Z\u00c4][\w\u00e4]{2,9}\.?,? \d{4}|"
    r"[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
)
_TIME = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-2]\d[0-5]\d[0-5]\d(?!\d)"
_BIRTH = (
    r"(?i:\b(?:born(?: on| in)?|date of birth|birth ?date|birthday|d\.?o\.?b\.?|geboren(?: am)?|"
    r"geburtsdatum|geburtstag|n\u00e9e? le|date de naissance|fecha de nacimiento)\b[^\d\n]{0,12}?)"
)


class _IbanRecognizer(PatternRecognizer):
    """Takes what has an IBAN's form: one with a typing error is somebody's account as well.

    In lower case its checksum must be right: hexadecimal digests look like it.
    """

    def __init__(self) -> None:
        form = r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b"
        super().__init__("IBAN_CODE", patterns=[Pattern("iban", form, 0.9)])

    def validate_result(self, pattern_text: str) -> bool:
        if pattern_text != pattern_text.upper() and not _is_checked(pattern_text):
            return False
        return sum(char.isdigit() for char in pattern_text) >= _MIN_IBAN_DIGITS


def _is_checked(iban: str) -> bool:
    """Return whether the checksum of ISO 13616 is right."""
    plain = re.sub(r"[ -]", "", iban).upper()
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def pattern_recognizers(employee_ids: Sequence[str] = ()) -> list[EntityRecognizer]:
    """Return the recognizers that need no model.

    Presidio's own for mail and cards are not among them: the first asks the network for the list
    of public suffixes, the second lets a card number with a typing error through.
    """
    return [
        _IbanRecognizer(),
        _of_form("EMAIL_ADDRESS", _MAIL),
        _of_form(
            "CREDIT_CARD", r"(?<![\w-])[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,4}(?:\1\d{3})?(?![\w-])"
        ),
        _of_form("CREDIT_CARD", rf"(?<={_ABOUT_CARDS})\d(?:[ -]?\d){{11,18}}(?![\w-])"),
        _of_form("CREDIT_CARD", rf"(?<![\w-])(?!{_TIME})[1-6]\d{{13,18}}(?![\w-])"),
        _of_form("CREDIT_CARD", r"(?<![\w-])3[47]\d{2}([ -]?)\d{6}\1\d{5}(?![\w-])"),
        _of_form("US_SSN", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
        _of_form("DATE_OF_BIRTH", rf"(?<={_BIRTH}){_DATE}"),
        *(_of_form("EMPLOYEE_ID", form) for form in employee_ids),
    ]


def _of_form(entity: str, form: str) -> PatternRecognizer:
    return PatternRecognizer(
        entity,
        name=f"{entity} by form",
        patterns=[Pattern(entity.lower(), form, 0.9)],
        global_regex_flags=re.MULTILINE,
    )
