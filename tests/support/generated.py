"""Hypothesis strategies for documents: contents → reportlab → PDF. What a test draws is printed and then parsed."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from eval_data.layout import lay_out
from eval_data.markup import Block, Head, Source

# Of the characters that the standard fonts print: letters with and without accents, digits, punctuation of all kinds.
# No euro sign: these fonts carry no widths in the file, and readers do not agree on that of the euro.
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüßéèñçøåÆ"
ODD_WORDS = ("3.5%", "10-K", "U.S.", "non-GAAP", "£1,234.56", "(2,345)", "±0.05", "“quoted”", "—", "fi", "A&B", "<tag>",
             "x²", "self-evident,", "©2025", "Nr.", "e.g.", "12/31/2024", "$", "§4", "don't", "•")  # fmt: skip

# Words have vowels, as a text layer without them is taken for a garbled one and compared with what OCR sees.
SYLLABLES = tuple(
    consonant + vowel
    for consonant in "bcdfghjklmnprstvwxzñçß"
    for vowel in ("a", "e", "i", "o", "u", "ä", "é", "å", "er", "on")
)
natural = st.builds(
    lambda syllables, capital: "".join(syllables).capitalize() if capital else "".join(syllables),
    st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4),
    st.booleans(),
)
words = st.one_of(natural, natural, natural, st.text(LETTERS, min_size=1, max_size=3), st.sampled_from(ODD_WORDS))


def prose(least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(words, min_size=least, max_size=most).map(" ".join)


# Longer than a chunk: a few sentences, drawn once and told again, so that a sentence ends in the middle of a line.
long_prose = st.builds(
    lambda sentences, times: " ".join(f"{sentence}." for sentence in sentences * times),
    st.lists(prose(3, 25), min_size=2, max_size=6),
    st.integers(min_value=3, max_value=9),
)
paragraphs = st.one_of(prose(4, 90), prose(4, 90), long_prose).map(lambda text: Block(kind="paragraph", text=text))
headings = st.builds(
    lambda text, level: Block(kind="heading", text=text, level=level),
    prose(1, 7),
    st.integers(min_value=1, max_value=3),
)
items = st.builds(
    lambda text, marker: Block(kind="list_item", text=text, marker=marker),
    prose(1, 30),
    st.sampled_from(("•", "1.", "2.")),
)
figures = st.integers(min_value=-99_999, max_value=999_999).map(
    lambda number: f"{number:,}" if number >= 0 else f"({-number:,})"
)


@st.composite
def tables(draw: st.DrawFn) -> Block:
    """A header, then rows of a label and figures; some cells are empty."""
    columns = draw(st.integers(min_value=2, max_value=5))
    header = tuple(draw(st.lists(prose(1, 2), min_size=columns, max_size=columns)))
    cells = st.one_of(figures, st.just(""), figures)
    rows = draw(
        st.lists(
            st.tuples(prose(1, 3), st.lists(cells, min_size=columns - 1, max_size=columns - 1)), min_size=1, max_size=14
        )
    )
    style = draw(st.sampled_from(("ruled", "lines", "plain")))
    return Block(kind="table", rows=(header, *((label, *values) for label, values in rows)), style=style)


@st.composite
def sources(draw: st.DrawFn, max_blocks: int = 14) -> Source:
    columns = draw(st.sampled_from((1, 1, 2)))
    kinds = [paragraphs, paragraphs, headings, items] + ([tables()] if columns == 1 else [])
    blocks = draw(st.lists(st.one_of(kinds), min_size=1, max_size=max_blocks))
    head = Head(
        title="Generated", author="", columns=columns, font=draw(st.sampled_from(("serif", "sans"))),
        size=draw(st.sampled_from((8.0, 10.0, 12.5))), header=draw(st.sampled_from(("", "Generated for a test"))),
        footer=draw(st.sampled_from(("", "Printed once"))),
    )  # fmt: skip
    return Source(name="generated", head=head, blocks=tuple(blocks))


pdfs = sources().map(lambda source: lay_out(source)[0])
"""Bytes of PDFs that have a text layer, of one to a few pages."""


def words_of(text: str) -> list[str]:
    return re.findall(r"\S+", text)
