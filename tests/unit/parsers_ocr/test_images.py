"""Image files as pages: sizes from their resolution, many pages in a TIFF, and what must be refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from parsers.backends.images import ImagePages, open_document
from parsers.errors import DamagedDocument, LimitExceeded, PageUnreadable
from parsers.policy import ParseOptions
from tests.support.in_process import parse_in_process
from tests.unit.parsers_ocr.scans import HEIGHT, WIDTH, encoded, scan, word_f1

OPTIONS = ParseOptions()


def opened(tmp_path: Path, data: bytes) -> ImagePages:
    path = tmp_path / "image"
    path.write_bytes(data)
    return open_document(path, OPTIONS)


def test_an_image_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(encoded(scan(), dpi=(200, 200)))
    document = parse_in_process(path, "image/png", OPTIONS).document
    assert word_f1(document.text.replace("\t", " ")) >= 0.95
    assert (document.pages[0].width, document.pages[0].height) == pytest.approx((WIDTH, HEIGHT), abs=1)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_every_format_gives_its_pixels(tmp_path: Path, file_format: str) -> None:
    image = Image.new("RGB", (1170, 585), (250, 250, 250))
    with opened(tmp_path, encoded(image, file_format)) as pages:
        assert pages.page_count == 1
        content = pages.read_content(1)
    assert (content.width, content.height) == (842.4, 421.2)
    assert content.images == ((0.0, 0.0, 842.4, 421.2),)
    assert content.source is not None
    drawn = content.source.render(dpi=50, clip=(0.0, 0.0, 72.0, 36.0))
    assert (drawn.width, drawn.height, drawn.channels) == (50, 25, 3)
    assert abs(drawn.samples[0] - 250) <= 2
    assert content.source.render(dpi=50, grey=True).channels == 1


def test_a_tiff_has_a_page_per_image(tmp_path: Path) -> None:
    first, second = Image.new("L", (300, 150), 255), Image.new("1", (200, 400), 1)
    with opened(tmp_path, encoded(first, "TIFF", save_all=True, append_images=[second], dpi=(150, 150))) as pages:
        assert pages.page_count == 2
        assert [pages.read_content(number).width for number in (2, 1)] == [96.0, 144.0]


def test_a_camera_picture_is_shown_the_way_it_was_held(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with opened(tmp_path, encoded(Image.new("RGB", (400, 200)), "JPEG", exif=exif)) as pages:
        content = pages.read_content(1)
    assert content.height > content.width


def test_what_is_transparent_is_paper(tmp_path: Path) -> None:
    with opened(tmp_path, encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)))) as pages:
        source = pages.read_content(1).source
    assert source is not None
    assert set(source.render(dpi=72).samples) == {255}


def test_an_animation_is_its_first_image_and_says_so(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 30), color) for color in ("red", "blue", "white")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with opened(tmp_path, data) as pages:
        assert pages.page_count == 1
        assert [finding.code for finding in pages.findings] == ["animation"]


def bomb() -> bytes:
    """A PNG of a few bytes that claims ten thousand million pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="million"):
        opened(tmp_path, bomb())


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"not an image at all"])
def test_what_is_no_image_is_damaged(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DamagedDocument):
        opened(tmp_path, data)


def test_a_truncated_image_is_an_unreadable_page(tmp_path: Path) -> None:
    buffer = io.BytesIO(encoded(scan())[:2000])
    with opened(tmp_path, buffer.getvalue()) as pages, pytest.raises(PageUnreadable):
        pages.read_content(1)
