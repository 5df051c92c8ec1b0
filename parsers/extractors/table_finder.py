"""The extractor of tables in the text layer: the finder that works on words and drawn lines."""

from __future__ import annotations

from parsers.content import PageContent
from parsers.extractors.base import Extraction, PageRegion


def table_likely(page: PageContent) -> tuple[bool, str]:
    return False, "no finder"


class TableFinderExtractor:
    name = "table_grid"
    version = "1"
    price = 0.0

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        return Extraction(confidence=0.0)
