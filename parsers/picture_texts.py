"""What pictures on a page with a text layer say: scanned parts of the page are its text, of the others it is labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parsers import prices
from parsers.content import PageContent, PrintedLine
from parsers.figure_places import find_figures, whole_pictures
from parsers.model import Attempt, Box, Derivation
from parsers.policy import ParseOptions, ParsePolicy
from parsers.preloading import require

if TYPE_CHECKING:
    from parsers.ocr.pictures import PictureLook

# Pictures this large (share of the page) are looked at; under `best` all that can be figures.
_LABELS_SHARE, _SMALLEST_SHARE = 0.04, 0.01
# A scanned part of a page is at least so large; one so large is the page itself when the text layer has no more than
# a stamp or a running header, and it shows at least so many lines.
_PART_SHARE = 0.08
_PAGE_SHARE = 0.75
_STAMP_CHARACTERS = 300
_FEWEST_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLabels:
    """Texts read in the picture at `bbox`, where they stand on the page."""

    bbox: Box
    lines: tuple[PrintedLine, ...]
    attempt: Attempt
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTexts:
    """`parts` are the places of scanned parts of the page, `lines` their text, `derivations` how each was read."""

    parts: tuple[Box, ...] = ()
    lines: tuple[PrintedLine, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    labels: tuple[PictureLabels, ...] = ()


def read_pictures(page: PageContent, options: ParseOptions, spent: float) -> PictureTexts:
    """Read the pictures of a page with a text layer, the largest first; nothing under `fast`.

    `spent` is what was paid for the page before. Labels cost no more than `prices` allows, but under `best`.
    """
    pictures = _worth_a_look(page, options)
    if not pictures:
        return PictureTexts()
    figures = {figure.bbox for figure in find_figures(page)}
    careful = options.policy is ParsePolicy.BEST
    budget = prices.page_budget(options) - spent
    for_labels = budget if careful else min(budget, prices.PAGE_LABELS)
    parts: list[Box] = []
    lines: list[PrintedLine] = []
    derivations: list[Derivation] = []
    labels: list[PictureLabels] = []
    for picture in pictures:
        limit = for_labels if careful else min(for_labels, prices.PICTURE_LABELS)
        reader = require("parsers.ocr.pictures")
        look = reader.look_at_picture(page, picture, limit, careful=careful)
        if look is None:
            continue
        read = None
        if _is_part(page, picture, look, prose=reader.is_prose(look)):
            read = require("parsers.ocr.reading").read_region(page, picture, options, price_limit=budget)
        if read is not None:
            parts.append(picture)
            lines += _not_in_text_layer(page, read[0])
            derivations.append(read[1])
            budget -= read[1].price
            for_labels = min(for_labels, budget)
            continue
        if picture not in figures or _holds_text(page, picture):
            continue
        found = reader.read_labels(look, options.languages, limit)
        for_labels -= look.price if found is None else found.price
        if found is not None:
            labels.append(PictureLabels(bbox=picture, lines=found.lines, attempt=found.attempt, price=found.price))
    return PictureTexts(parts=tuple(parts), lines=tuple(lines), derivations=tuple(derivations), labels=tuple(labels))


def _worth_a_look(page: PageContent, options: ParseOptions) -> list[Box]:
    """Pictures large enough that may hold text that is not in the text layer, the largest first."""
    if options.policy is ParsePolicy.FAST:
        return []
    whole = page.width * page.height
    least = _SMALLEST_SHARE if options.policy is ParsePolicy.BEST else _LABELS_SHARE
    found = []
    for picture in whole_pictures(page.images):
        large = _area(picture) >= _PAGE_SHARE * whole
        if large and page.char_count > _STAMP_CHARACTERS:
            continue
        if _area(picture) >= least * whole and (large or not _holds_text(page, picture)):
            found.append(picture)
    return sorted(found, key=lambda box: (-_area(box), box))


def _is_part(page: PageContent, picture: Box, look: PictureLook, *, prose: bool) -> bool:
    share = _area(picture) / (page.width * page.height)
    if share >= _PAGE_SHARE:
        unknown = [place for place in look.places if not _covers_text(page, look.place_on_page(place))]
        return len(unknown) >= _FEWEST_LINES
    return prose and share >= _PART_SHARE


def _not_in_text_layer(page: PageContent, lines: Sequence[PrintedLine]) -> list[PrintedLine]:
    return [line for line in lines if not _covers_text(page, line.bbox)]


def _covers_text(page: PageContent, box: Box) -> bool:
    """Whether a line read by OCR is printed by the text layer: most of its height is that of a word there."""
    middle = (box[1] + box[3]) / 2
    return any(
        word.bbox[1] < middle < word.bbox[3] and word.bbox[0] < box[2] and word.bbox[2] > box[0]
        for line in (*page.lines, *page.hidden)
        for word in line.words
    )


def _holds_text(page: PageContent, box: Box) -> bool:
    """Whether the text layer has words inside a picture: then it is a background, or its text is known already."""
    return any(
        box[0] <= (word.bbox[0] + word.bbox[2]) / 2 <= box[2] and box[1] <= (word.bbox[1] + word.bbox[3]) / 2 <= box[3]
        for line in (*page.lines, *page.hidden)
        for word in line.words
    )


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
