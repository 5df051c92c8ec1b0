"""The extractor of born-digital text: the lines of the page's own text layer."""

from __future__ import annotations

from parsers.content import PageContent, PrintedLine
from parsers.extractors.base import Extraction, PageRegion
from parsers.model import Box


class TextLayerExtractor:
    """Takes the lines whose centre lies in the region. Confidence: the share of characters with a known meaning."""

    name = "text_layer"
    version = "1"
    price = 0.0

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        lines = tuple(line for line in page.lines if _inside(line, region.bbox))
        usable = 1.0 - page.unmapped / page.char_count if page.char_count else 0.0
        return Extraction(lines=lines, confidence=round(usable, 4))


def _inside(line: PrintedLine, box: Box) -> bool:
    across, down = (line.bbox[0] + line.bbox[2]) / 2, (line.bbox[1] + line.bbox[3]) / 2
    return box[0] <= across <= box[2] and box[1] <= down <= box[3]
