"""E-mails (.eml): who wrote what and when, and the attachments that can be read."""

from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message, MIMEPart
from email.parser import BytesParser

from knowledge.ingestion.parsing import formats
from knowledge.ingestion.parsing.html import parse_page
from knowledge.types import ParsedFile, Section

_SUFFIX = ".eml"
_MAX_DEPTH = 3  # of mails attached to mails
_MAX_ATTACHMENTS = 50
_MAX_PARTS = 1_000
_SHOWN = ("From", "To", "Cc", "Date")


def parse(content: bytes) -> ParsedFile:
    """Return the mail's text under its subject, and its attachments each under their name.

    Raises:
        ValueError: It is no mail, or is nested too deeply.
    """
    return _parsed(content, depth=1)


def _parsed(content: bytes, *, depth: int) -> ParsedFile:
    if depth > _MAX_DEPTH:
        raise ValueError(f"holds mails nested more than {_MAX_DEPTH} deep")
    message = BytesParser(policy=policy.default).parsebytes(content)
    if not any(name in message for name in ("From", "Subject", "Date")):
        raise ValueError("is not an e-mail")
    if sum(1 for _ in message.walk()) > _MAX_PARTS:
        raise ValueError(f"holds more than {_MAX_PARTS:,} parts")
    subject = " ".join(str(message["Subject"] or "").split())
    heads = [f"{name}: {message[name]}" for name in _SHOWN if message[name]]
    body = _body(message)
    first = Section(
        heading_path=(), anchor="", text="\n\n".join(filter(None, ("\n".join(heads), body)))
    )
    attached = [
        section
        for at, part in enumerate(message.iter_attachments())
        if at < _MAX_ATTACHMENTS
        for section in _attachment(part, depth)
    ]
    date = message["Date"]
    moment = getattr(date, "datetime", None)
    updated = {"date": moment.date().isoformat()} if moment is not None else {}
    return ParsedFile(title=subject, sections=(first, *attached), metadata=dict(updated))


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = _text(part)
    if part.get_content_type() == "text/html":
        return "\n\n".join(section.text for section in parse_page(text).sections)
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _text(part: MIMEPart) -> str:
    """Return a text part, by a charset that fits where the named one is unknown."""
    try:
        return str(part.get_content())
    except (LookupError, MessageError, ValueError):
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", errors="replace") if isinstance(raw, bytes) else ""


def _attachment(part: MIMEPart, depth: int) -> tuple[Section, ...]:
    name = part.get_filename() or ""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        name = name or f"mail{_SUFFIX}"
        content = inner.as_bytes() if isinstance(inner, Message) else b""
        parsed = _parsed(content, depth=depth + 1)
    elif formats.is_supported(name):
        raw = part.get_payload(decode=True)
        content = raw if isinstance(raw, bytes) else b""
        is_mail = name.lower().endswith(_SUFFIX)
        try:
            parsed = (
                _parsed(content, depth=depth + 1) if is_mail else formats.parser_of(name)(content)
            )
        except ValueError as error:
            return (_named(name, f"The attachment {name} {error}."),)
    else:
        return (_named(name, f"The attachment {name} is not read."),) if name else ()
    return tuple(
        Section(heading_path=(name, *section.heading_path), anchor="", text=section.text)
        for section in parsed.sections
    )


def _named(name: str, text: str) -> Section:
    return Section(heading_path=(name,), anchor="", text=text)
