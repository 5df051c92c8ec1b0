"""What an operation costs when a budget is counted: about CPU seconds on a two-core server of 2024, rounded and fixed.

They are part of the routing policy and never measured while parsing, so that the same bytes take the same route on
every machine (docs/decisions/0017).
"""

from __future__ import annotations

from typing import Final

from parsers.policy import ParseOptions, ParsePolicy

TEXT_LAYER: Final = 0.01
TABLE_GRID: Final = 0.01
LAYOUT_MODEL: Final = 0.3
TABLE_UNION: Final = 0.12
FIGURE_IMAGE: Final = 0.03
TESSERACT_PAGE: Final = 2.0
RAPIDOCR_PAGE: Final = 4.0
# Of pictures beside text: finding text in so many pixels, and reading a line of 1,000 pixels (48 high).
OCR_MEGAPIXEL: Final = 0.6
OCR_LINE_THOUSAND: Final = 0.06
# What reading the labels of a picture, and of all pictures of a page, may cost under `balanced`.
PICTURE_LABELS: Final = 0.4
PAGE_LABELS: Final = 0.8

# What a page may cost by policy. `fast` may read a scanned page, or nothing could be found in it.
FAST_PAGE: Final = 4.1
BALANCED_PAGE: Final = 6.5


def page_budget(options: ParseOptions) -> float:
    """The most a page may cost: what the caller said, or what the policy allows (no limit under `best`)."""
    if options.page_budget is not None:
        return options.page_budget
    limits = {ParsePolicy.FAST: FAST_PAGE, ParsePolicy.BALANCED: BALANCED_PAGE, ParsePolicy.BEST: float("inf")}
    return limits[options.policy]
