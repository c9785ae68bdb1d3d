"""What titles say often is a subject, not a person; what they say once may be one."""

from pathlib import Path

from bot.titles import TitleWords


def test_a_word_in_three_documents_titles_is_a_term(tmp_path: Path) -> None:
    titles = TitleWords(tmp_path, ["Project Phoenix "])
    titles.learn(
        {"a": ["Phoenix", "Helm charts"], "b": ["Helm at work"], "c": ["x", "Use Helm"]}, []
    )

    assert "helm" in titles
    assert "phoenix" in titles
    assert "charts" not in titles


def test_another_process_reads_what_was_learnt_and_forgets_what_is_gone(tmp_path: Path) -> None:
    writer = TitleWords(tmp_path)
    writer.learn({name: ["Helm"] for name in "abc"}, [])
    reader = TitleWords(tmp_path)
    writer.learn({}, ["a"])
    late = TitleWords(tmp_path)

    assert "helm" not in late
    assert "helm" not in reader


def test_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "title-words.json").write_text("{")

    assert "helm" not in TitleWords(tmp_path, [])
