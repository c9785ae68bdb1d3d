"""A source that is added in the chat names nothing that whoever runs us did not list."""

import pytest

from adapters.types import Form, FormField
from bot.controls.chatsources import ChatSources, listed_secrets
from knowledge.ingestion.sources.configuration import FieldsError
from knowledge.ingestion.sources.fields import KINDS, fields_of, values_of

POLICY = ChatSources(
    secrets=listed_secrets("NOTION, CODE@git.example WIKI@wiki.intranet"),
    private_hosts=frozenset({"wiki.intranet"}),
    environment={"NOTION": "n-secret", "CODE": "c-secret", "WIKI": "w", "HOME": "/root"},
)
ALLOWED = (
    {"kind": "notion", "token": "${NOTION}"},
    {"kind": "website", "start": ["http://docs.example/guide/"]},
    {"kind": "git", "repository": "https://git.example/a/b", "token": "${CODE}"},
    {"kind": "git", "repository": "https://elsewhere.example/a/b"},
    {"kind": "confluence", "url": "http://wiki.intranet/", "spaces": ["A"], "token": "${WIKI}"},
)
REFUSED: tuple[tuple[str, dict[str, object]], ...] = (
    ("kind", {"kind": "folder", "path": "/etc"}),
    ("kind", {}),
    ("token", {"kind": "notion", "token": "${HOME}"}),
    ("token", {"kind": "notion", "token": "n-secret"}),
    ("token", {"kind": "notion", "token": {"file": "/etc/passwd"}}),
    ("token", {"kind": "notion", "token": "${NOTION} "}),
    ("api_url", {"kind": "notion", "token": "${NOTION}", "api_url": "https://evil.example"}),
    ("api_url", {"kind": "notion", "token": "${NOTION}", "api_url": "https://git.example"}),
    ("repository", {"kind": "git", "repository": "https://evil.example/a", "token": "${CODE}"}),
    ("repository", {"kind": "git", "repository": "/srv/private"}),
    ("repository", {"kind": "git", "repository": "ssh://git@git.example/a"}),
    ("repository", {"kind": "git", "repository": "git@git.example:a/b"}),
    ("repository", {"kind": "git", "repository": "https://127.0.0.1/a"}),
    ("start", {"kind": "website", "start": ["http://169.254.169.254/latest"]}),
    ("start", {"kind": "website", "start": ["http://2130706433/"]}),
    ("start", {"kind": "website", "start": ["http://0x7f.1/"]}),
    ("start", {"kind": "website", "start": ["http://[::ffff:10.0.0.1]/"]}),
    ("start", {"kind": "website", "start": ["http://[::1]/"]}),
    ("start", {"kind": "website", "start": ["http://metadata.google.internal/"]}),
    ("start", {"kind": "website", "start": ["https://localhost/"]}),
    ("start", {"kind": "website", "start": ["https://a:b@docs.example/"]}),
    ("start", {"kind": "website", "start": ["file:///etc/passwd"]}),
    ("private_hosts", {"kind": "website", "start": ["https://a.example"], "private_hosts": ["b"]}),
    ("path", {"kind": "website", "start": ["https://a.example"], "path": "/etc"}),
    ("url_template", {"kind": "git", "repository": "https://a.example/b", "url_template": "js:x"}),
)


@pytest.mark.parametrize("says", ALLOWED, ids=lambda says: str(says["kind"]))
def test_what_was_listed_may_be_named(says: dict[str, object]) -> None:
    assert POLICY.read(says).kind == says["kind"]


@pytest.mark.parametrize(("field", "says"), REFUSED, ids=lambda given: str(given)[:60])
def test_all_else_is_refused_at_its_field_without_a_value(
    field: str, says: dict[str, object]
) -> None:
    with pytest.raises(FieldsError) as refused:
        POLICY.read(says)

    assert field in refused.value.problems
    assert "n-secret" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_has_each_setting_of_its_kind_once_and_what_is_left_alone_is_the_default(
    kind: str,
) -> None:
    fields = fields_of(kind)
    shown = {field.name: field.default for field in fields}
    model = KINDS[kind]
    filled = {field.name: "x" for field in fields if field.is_required}
    values = values_of(kind, {**shown, **filled})

    assert set(shown) == set(model.model_fields) - {"kind", *model.FILE_ONLY}
    assert set(values) - set(filled) <= {"kind", "readers"}
    whole = tuple(FormField(name=name, label=name) for name in ("name", *shown, "sets"))
    assert Form(name="add", title=kind, fields=whole).fields == whole


def test_an_emptied_field_of_readers_makes_nobody_a_reader() -> None:
    says = values_of("website", {"start": "https://docs.example/", "readers": " "})
    with pytest.raises(FieldsError) as refused:
        POLICY.read(says)

    assert "no readers are named" in refused.value.problems["readers"]
