"""Formulas as each cell has them: one that is stored once for many cells is moved to each of them."""

from __future__ import annotations

from typing import Final

# Loaded here and not when it is needed: a sealed process may not read all that its import looks at.
from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

from parsers.backends.xlsx_cells import StoredCell
from parsers.plain_text import clean_text

# Translating takes about 20 µs a reference: this many of a page are worth it.
_MOST_MOVED: Final = 20_000


class Formulas:
    """The formulas of one sheet; cells have to come in the order of the file."""

    def __init__(self) -> None:
        self._shared: dict[int, tuple[int, int, list[Token] | None]] = {}
        self._moved = 0

    def of(self, cell: StoredCell) -> str | None:
        """The formula with its equals sign, None where there is none (or it is not worth working out)."""
        if cell.formula is None:
            return None
        if cell.formula:
            if cell.shared is not None:
                self._shared[cell.shared] = (cell.row, cell.column, _tokens(cell.formula))
            return "=" + clean_text(cell.formula)
        stored = self._shared.get(cell.shared) if cell.shared is not None else None
        if stored is None or stored[2] is None or self._moved >= _MOST_MOVED:
            return None
        self._moved += 1
        return _move(stored[2], cell.row - stored[0], cell.column - stored[1])


def _tokens(formula: str) -> list[Token] | None:
    try:
        return list(Tokenizer("=" + formula).items)
    except (TokenizerError, IndexError, ValueError):
        return None


def _move(tokens: list[Token], down: int, right: int) -> str | None:
    try:
        parts = [
            Translator.translate_range(token.value, down, right)
            if token.type == Token.OPERAND and token.subtype == Token.RANGE
            else token.value
            for token in tokens
        ]
    except (TranslatorError, ValueError):
        return None
    return "=" + clean_text("".join(parts))
