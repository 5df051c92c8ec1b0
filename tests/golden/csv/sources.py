"""Files of delimited values made by this project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {
    "semicolons": lambda: 'Ort;Betrag;Notiz\r\nZürich;1.577,50;"a;b"\r\nBern;-3;"zwei\r\nZeilen"\r\n'.encode("cp1252"),
    "titled": lambda: "Sales by region\t\t\nRegion\t2023\t2024\nNorth\t1577\t1.50\nSouth\t007\t\n".encode("utf-16"),
}
