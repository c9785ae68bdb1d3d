"""Phone numbers of any country: found by their form, judged by Google's numbering plans."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException

from guardrails.types import Finding

PHONE = "PHONE_NUMBER"

_REGIONS = (
    "US GB DE FR ES IT NL BE CH AT SE NO DK FI PL CZ PT IE GR HU RO UA TR IL IN AU NZ ZA BR MX AR "
    "JP KR CN SG MY PH ID TH VN AE SA EG NG KE"
).split()
# Up to 20 digits, with up to three signs between two of them; not inside a longer number or word.
_CANDIDATE = re.compile(
    r"(?<!\d:)(?<![\w.,/#@=$\u20ac\u00a3-])(?:\+\s?|\(\+?|00)?\d(?:(?:[ \u00a0./()-]{0,3})\d){5,19}"
    r"(?:\s?(?:x|ext\.?|extension|#|Durchwahl)\s?\d{1,6})?(?![\w%\u20ac$]|[-./:]\d)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:phones?|tel|telephone|telefon\w*|tel\u00e9fono|t\u00e9l(?:\u00e9phone)?|mobile|mobil|"
    r"handy|cell(?:phone)?|call(?:ing|s)?|ring|dial|fax|whatsapp|sms|text (?:me|him|her|us|them)|"
    r"reach(?:ed)?|hotline|contact|messages? to|anruf\w*|appel\w*|answer(?:ing|s)? (?:at|on)|"
    r"(?:me|him|her|us|them|available|reachable) (?:at|on|under)|"
    r"numbers?|nummer|num\u00e9ro)\b[^\d\n+]{0,30}$",
    re.IGNORECASE,
)
_NOT_ABOUT = re.compile(
    r"\b(?:tickets?|orders?|invoices?|cases?|issues?|versions?|licen[cs]e|passport|account|konto|"
    r"card|ids?|iban|ssn|security|serial|tracking|reference|ref|model|part|article|policy|room|"
    r"build|port|pin|zip|plz|customer|contract|member|employee|tax|vat|routing|amount|total|"
    r"page|section|error|code)\b[^\d\n+]{0,30}$",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?:[ T].*)?", re.DOTALL)
_NATIONAL = re.compile(
    r"\(0?\d{1,5}\)|^0\d|^1[-. ]\d{3}[-. ]|^\d{3}[-.]\d{3}[-.]\d{4}|^[6-9]\d{4} \d{5}$"
)
_EVEN = re.compile(r"(?=(?:\D*\d){9})\d{2,4}(?:[ .]\d{2,4}){2,4}")
_OTHER = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?:(?:19|20)\d\d\D{1,3}){1,3}(?:19|20)\d\d")
_SCALE = re.compile(r"[1-9]\d{0,2}(?:[ .,]\d{3})+")
_LOOK_BACK = 40
_MIN_DIGITS, _MAX_DIGITS = 7, 15


def find_phones(text: str) -> Iterator[Finding]:
    """Yield each phone number in `text`.

    A number in international form must be possible; one in a national form must be written as
    such and valid somewhere, or stand behind a word such as `call`.
    """
    for found in _CANDIDATE.finditer(text):
        if score := _score(found[0], text[max(0, found.start() - _LOOK_BACK) : found.start()]):
            yield Finding(type=PHONE, start=found.start(), end=found.end(), score=score)


def _score(number: str, before: str) -> float:
    digits = re.sub(r"\D", "", re.split(r"[xe#D]", number, maxsplit=1)[0])
    if not _MIN_DIGITS - 1 <= len(digits) <= _MAX_DIGITS + 2:
        return 0.0
    if _DATE.fullmatch(number) or _OTHER.fullmatch(number):
        return 0.0
    is_about = bool(_ABOUT.search(before)) and not _NOT_ABOUT.search(before)
    if number.startswith(("+", "(+")) or re.match(r"00[1-9]", number):
        return 0.9 if _is_possible(number) else 0.0
    if is_about:
        return 0.8
    if _NOT_ABOUT.search(before) or _SCALE.fullmatch(number):
        return 0.0
    is_written = bool(_NATIONAL.search(number)) or bool(_EVEN.fullmatch(number))
    return 0.7 if is_written and len(digits) > _MIN_DIGITS and _is_valid(digits) else 0.0


def _is_possible(number: str) -> bool:
    international = re.sub(r"^\(?(?:\+|00)", "+", number)
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(international))
    except NumberParseException:
        return False


def _is_valid(digits: str) -> bool:
    for region in _REGIONS:
        try:
            parsed = phonenumbers.parse(digits, region)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(parsed, region):
            return True
    return False
