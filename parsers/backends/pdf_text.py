"""Printed lines from MuPDF's spans and words: same baseline, no gap as wide as a column gap, hidden text kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from parsers.content import PrintedLine, Style, Word
from parsers.model import Box, Flag
from parsers.plain_text import clean_word

MupdfWord = tuple[float, float, float, float, str, int, int, int]

_TEXT_BLOCK = 0
_FONT_ITALIC, _FONT_MONOSPACE, _FONT_BOLD = 2, 8, 16
# Span `char_flags` of MuPDF's structured text: bit 4 the glyphs are filled, bit 5 they are stroked.
_PAINTED = 16 | 32
# Words further apart than this many font sizes may belong to different columns; reading order decides.
_GAP_BETWEEN_RUNS = 1.2
# The same text this near to itself, in font sizes, is printed twice for looks.
_DOUBLE_WITHIN = 0.15
# Text smaller than this cannot be read on paper.
_SMALLEST_SIZE = 1.0
_RAISED_SIZE, _RAISED_BY = 0.85, 0.12


@lru_cache(maxsize=4096)
def _style(font: str, size: float, flags: int, color: int) -> Style:
    name = font.rsplit("+", 1)[-1]
    lowered = name.lower()
    return Style(
        font=name,
        size=round(size, 1),
        bold=bool(flags & _FONT_BOLD) or "bold" in lowered or "black" in lowered or "heavy" in lowered,
        italic=bool(flags & _FONT_ITALIC) or "italic" in lowered or "oblique" in lowered,
        monospace=bool(flags & _FONT_MONOSPACE) or "courier" in lowered or "mono" in lowered or "consol" in lowered,
        color=color,
    )


def read_lines(
    blocks: Sequence[dict[str, Any]], words: Sequence[MupdfWord], width: float, height: float
) -> tuple[tuple[PrintedLine, ...], tuple[PrintedLine, ...]]:
    """Printed lines of a page, visible ones and hidden ones (flagged), in the order of the file.

    `blocks` are those of `TextPage.extractDICT()`, `words` those of `TextPage.extractWORDS()`, of the same text page.
    """
    words_of_line: dict[tuple[int, int], list[MupdfWord]] = {}
    for word in words:
        words_of_line.setdefault((word[5], word[6]), []).append(word)
    visible: list[PrintedLine] = []
    hidden: list[PrintedLine] = []
    for block in blocks:
        if block["type"] != _TEXT_BLOCK:
            continue
        for position, line in enumerate(block["lines"]):
            for run, shown in _runs(line, words_of_line.get((block["number"], position), ())):
                printed = _printed_line(run, line)
                if not _on_page(printed.bbox, width, height):
                    hidden.append(replace(printed, flag=Flag.OFF_PAGE))
                elif not shown:
                    hidden.append(replace(printed, flag=Flag.INVISIBLE))
                else:
                    visible.append(printed)
    return tuple(_once(visible)), tuple(hidden)


def _once(lines: Sequence[PrintedLine]) -> Iterator[PrintedLine]:
    """Lines without their doubles: text printed twice almost in one place is a bold face or a shadow, read once."""
    places: dict[str, list[Box]] = {}
    for line in lines:
        nearest = _DOUBLE_WITHIN * line.style.size
        doubled = any(
            abs(line.bbox[0] - box[0]) < nearest and abs(line.bbox[1] - box[1]) < nearest
            for box in places.get(line.text, ())
        )
        if not doubled:
            places.setdefault(line.text, []).append(line.bbox)
            yield line


def _runs(line: dict[str, Any], words: Sequence[MupdfWord]) -> Iterator[tuple[list[tuple[Word, float]], bool]]:
    """Cut a line's words where the gap is wide or visibility changes; each word comes with its baseline."""
    spans = line["spans"]
    text = "".join(span["text"] for span in spans)
    ends: list[int] = []
    for span in spans:
        ends.append((ends[-1] if ends else 0) + len(span["text"]))
    along_x = abs(line["dir"][0]) > 0.7
    tallest = max((span["size"] for span in spans), default=0.0)
    run: list[tuple[Word, float]] = []
    run_shown = True
    position = current = 0
    for raw in words:
        found = text.find(raw[4], position)
        if found >= 0:
            position = found + len(raw[4])
            while current < len(spans) - 1 and ends[current] <= found:
                current += 1
        span = spans[current]
        cleaned = clean_word(raw[4])
        if not cleaned:
            continue
        size = span["size"]
        shown = bool(span["char_flags"] & _PAINTED) and span["alpha"] > 0 and size >= _SMALLEST_SIZE
        word = Word(
            text=cleaned,
            bbox=(round(raw[0], 2), round(raw[1], 2), round(raw[2], 2), round(raw[3], 2)),
            style=_style(span["font"], size, span["flags"], span["color"]),
            raised=size < _RAISED_SIZE * tallest and _is_raised(line, span),
        )
        gap = _gap(run[-1][0].bbox, word.bbox, along_x) if run else 0.0
        if run and (shown != run_shown or gap > _GAP_BETWEEN_RUNS * size):
            yield run, run_shown
            run = []
        run.append((word, span["origin"][1 if along_x else 0]))
        run_shown = shown
    if run:
        yield run, run_shown


def _is_raised(line: dict[str, Any], span: dict[str, Any]) -> bool:
    main = max(line["spans"], key=lambda other: (other["size"], len(other["text"])))
    axis = 1 if abs(line["dir"][0]) > 0.7 else 0
    upwards = -1 if line["dir"][0] > 0.7 or line["dir"][1] < -0.7 else 1
    return bool(upwards * (span["origin"][axis] - main["origin"][axis]) > _RAISED_BY * main["size"])


def _gap(before: Box, after: Box, along_x: bool) -> float:
    if along_x:
        return max(after[0] - before[2], before[0] - after[2])
    return max(after[1] - before[3], before[1] - after[3])


def _printed_line(run: Sequence[tuple[Word, float]], line: dict[str, Any]) -> PrintedLine:
    words = tuple(word for word, _ in run)
    weights: Counter[tuple[Style, float]] = Counter()
    for word, baseline in run:
        weights[word.style, baseline] += len(word.text)
    style, baseline = max(weights, key=lambda key: (weights[key], key[0].size))
    return PrintedLine(
        text=" ".join(word.text for word in words),
        bbox=(
            min(word.bbox[0] for word in words),
            min(word.bbox[1] for word in words),
            max(word.bbox[2] for word in words),
            max(word.bbox[3] for word in words),
        ),
        baseline=round(baseline, 2),
        direction=(round(line["dir"][0], 3), round(line["dir"][1], 3)),
        style=style,
        words=words,
    )


def _on_page(box: Box, width: float, height: float) -> bool:
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return 0 <= across <= width and 0 <= down <= height
