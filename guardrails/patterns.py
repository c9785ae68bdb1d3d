"""Personal data that has a form: mail, phone, card, IBAN and social security numbers."""

import re

from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer
from presidio_analyzer.predefined_recognizers import IpRecognizer, PhoneRecognizer

_MIN_IBAN_DIGITS = 8
_PHONE_REGIONS = ("US", "GB", "DE", "FR", "IN")
_LEADS = (
    r"(?:(?i:my name is|mein name ist|ich hei\u00dfe|i am called|signed by|regards,|"
    r"gr\u00fc\u00dfe,)|"
    r"\b(?:[Mm]r|[Mm]rs|[Mm]s|[Dd]r|[Pp]rof|[Hh]err|[Ff]rau)\b\.?)\s+"
)
_ABOUT_CARDS = r"(?i:\bcard\b[^\d\n]{1,30}|\bkarte\b[^\d\n]{1,30})"
_ABOUT_PHONES = (
    r"(?i:\b(?:phone|tel|telephone|telefon|mobile|cell|call|fax|whatsapp)\b[^\d\n+]{1,20})"
)
_NAME = r"[A-Z\u00c0-\u00de][\w'\u2019-]+(?:\s+[A-Z\u00c0-\u00de][\w'\u2019-]+){0,3}"


class _IbanRecognizer(PatternRecognizer):
    """Takes what has an IBAN's form: one with a typing error is somebody's account as well."""

    def __init__(self) -> None:
        form = r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b"
        super().__init__("IBAN_CODE", patterns=[Pattern("iban", form, 0.9)])

    def validate_result(self, pattern_text: str) -> bool:
        return sum(char.isdigit() for char in pattern_text) >= _MIN_IBAN_DIGITS


def pattern_recognizers() -> list[EntityRecognizer]:
    """Return the recognizers that need no model.

    Presidio's own for mail and cards are not among them: the first asks the network for the list
    of public suffixes, the second lets a card number with a typing error through.
    """
    return [
        _IbanRecognizer(),
        IpRecognizer(),
        PhoneRecognizer(supported_regions=_PHONE_REGIONS),
        _of_form("EMAIL_ADDRESS", r"[\w.!#$%&'*+/=?^`{|}~-]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
        _of_form("PHONE_NUMBER", r"(?<![\w.])(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\w)"),
        _of_form("PHONE_NUMBER", r"(?<![\w.-])\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?![\w-])"),
        _of_form(
            "CREDIT_CARD", r"(?<![\w-])[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,4}(?:\1\d{3})?(?![\w-])"
        ),
        _of_form("CREDIT_CARD", rf"(?<={_ABOUT_CARDS})\d(?:[ -]?\d){{11,18}}(?![\w-])"),
        _of_form("CREDIT_CARD", r"(?<![\w-])[1-6]\d{13,18}(?![\w-])"),
        _of_form("CREDIT_CARD", r"(?<![\w-])3[47]\d{2}([ -]?)\d{6}\1\d{5}(?![\w-])"),
        _of_form("PHONE_NUMBER", rf"(?<={_ABOUT_PHONES})\+?\d(?:[ ()./-]{{0,2}}\d){{5,13}}(?!\w)"),
        _of_form("US_SSN", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),
        _of_form("PERSON", rf"(?<={_LEADS}){_NAME}"),
    ]


def _of_form(entity: str, form: str) -> PatternRecognizer:
    return PatternRecognizer(
        entity,
        name=f"{entity} by form",
        patterns=[Pattern(entity.lower(), form, 0.9)],
        global_regex_flags=re.MULTILINE,
    )
