"""What Jira keeps as a tree of nodes is read as text, whatever the tree."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingestion.sources.adf import markdown_of


def node(kind: str, *content: Any, **about: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": about}


def text(words: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": list(marks)}


def line(words: str) -> dict[str, Any]:
    return node("paragraph", text(words))


def test_headings_lists_code_and_tables_keep_their_form() -> None:
    cells = [node("tableRow", node("tableHeader", line("Plan")), node("tableHeader", line("Days")))]
    cells.append(node("tableRow", node("tableCell", line("Pro")), node("tableCell", line("30"))))
    whole = node(
        "doc",
        node("heading", text("Cause"), level=1),
        node(
            "bulletList", node("listItem", line("one"), line("more")), node("listItem", line("two"))
        ),
        node("codeBlock", text("make run"), language="sh"),
        node("table", *cells),
        node("taskList", node("taskItem", text("mend it"), state="DONE")),
        node("expand", line("inside"), title="Details"),
        node("mediaSingle", node("media", id="1")),
    )

    assert markdown_of(whole) == (
        "## Cause\n\n- one\n  more\n- two\n\n```sh\nmake run\n```\n\n"
        "| Plan | Days |\n| --- | --- |\n| Pro | 30 |\n\n- Done: mend it\n\n"
        "**Details**\n\ninside"
    )


def test_links_marks_mentions_and_dates_are_read() -> None:
    strong = {"type": "strong"}
    link = {"type": "link", "attrs": {"href": "https://x.example"}}
    whole = node(
        "paragraph",
        text("See ", strong),
        text("this", link),
        {"type": "hardBreak"},
        {"type": "mention", "attrs": {"text": "@Ann"}},
        {"type": "date", "attrs": {"timestamp": "1767225600000"}},
        text("now", strong),
    )

    assert markdown_of(whole) == "See [this](https://x.example)\n@Ann2026-01-01**now**"


kinds = st.sampled_from(
    "doc paragraph heading bulletList listItem table tableRow tableCell codeBlock text date".split()
)
values: st.SearchStrategy[Any] = (
    st.none() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})
)
trees: st.SearchStrategy[Any] = st.recursive(
    values,
    lambda inner: st.fixed_dictionaries(
        {"type": kinds | values},
        optional={
            "content": st.lists(inner, max_size=3) | values,
            "attrs": st.dictionaries(st.sampled_from(["level", "timestamp", "title"]), values),
            "marks": st.lists(inner, max_size=2) | values,
            "text": values,
        },
    ),
    max_leaves=12,
)


@given(trees)
def test_no_tree_is_too_strange(tree: Any) -> None:
    assert isinstance(markdown_of(tree), str)


def test_a_tree_that_is_too_deep_is_cut() -> None:
    tree = line("deep")
    for _ in range(5_000):
        tree = node("blockquote", tree)

    assert markdown_of(tree) == ""
