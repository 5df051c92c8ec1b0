"""Page images from the isolated renderer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from parsers.backends.mupdf import pymupdf
from parsers.errors import EncryptedDocument, LimitExceeded, ParseError, ParserCrashed, UnsupportedMediaType
from parsers.policy import ParseLimits
from parsers.rendering import IsolatedRenderer
from tests.support import pdfs


@pytest.fixture(scope="module")
def renderer() -> Iterator[IsolatedRenderer]:
    renderer = IsolatedRenderer()
    yield renderer
    renderer.close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.pdf"
    path.write_bytes(pdfs.plain())
    return path


def _pixel(image: bytes, x: float, y: float, dpi: int) -> tuple[int, ...]:
    pixmap = pymupdf.Pixmap(image)
    return tuple(pixmap.pixel(round(x * dpi / 72), round(y * dpi / 72)))


def test_a_box_is_marked_where_it_is_and_nowhere_else(renderer: IsolatedRenderer, page: Path) -> None:
    plain = renderer.render_page(page, 1, dpi=72)
    marked = renderer.render_page(page, 1, boxes=[(300.0, 500.0, 400.0, 540.0)], dpi=72)
    assert plain.startswith(b"\x89PNG")
    assert _pixel(plain, 350, 520, 72) == (255, 255, 255)
    red, green, blue = _pixel(marked, 350, 520, 72)
    assert blue < green <= red
    assert blue < 200
    assert _pixel(marked, 299, 520, 72) != _pixel(marked, 350, 520, 72)
    assert _pixel(marked, 450, 520, 72) == (255, 255, 255)


def test_resolution_sets_the_size_until_the_page_is_too_large(renderer: IsolatedRenderer, page: Path) -> None:
    small, large = (pymupdf.Pixmap(renderer.render_page(page, 1, dpi=dpi)) for dpi in (36, 72))
    assert abs(large.width - 2 * small.width) <= 2


def test_boxes_outside_the_page_and_not_a_number_are_ignored(renderer: IsolatedRenderer, page: Path) -> None:
    plain = renderer.render_page(page, 1, dpi=40)
    assert renderer.render_page(page, 1, boxes=[(-50.0, -50.0, -10.0, -10.0)], dpi=40) == plain


def test_a_part_of_a_page_is_what_the_whole_shows_there(renderer: IsolatedRenderer, page: Path) -> None:
    box = (300.0, 500.0, 400.0, 540.0)
    part = renderer.render_page(page, 1, boxes=[box], clip=(250.0, 450.0, 450.0, 600.0), dpi=72)
    pixmap = pymupdf.Pixmap(part)
    assert (pixmap.width, pixmap.height) == (200, 150)
    assert _pixel(part, 100, 70, 72) != (255, 255, 255)
    assert _pixel(part, 10, 10, 72) == (255, 255, 255)
    with pytest.raises(ParseError, match="outside"):
        renderer.render_page(page, 1, clip=(9000.0, 0.0, 9100.0, 10.0))


def test_pages_of_image_files_are_drawn_with_boxes(renderer: IsolatedRenderer, tmp_path: Path) -> None:
    path = tmp_path / "scan.tiff"
    frames = [Image.new("RGB", (400, 200), color) for color in ("white", "red")]
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(200, 200))
    first = renderer.render_page(path, 1, boxes=[(20.0, 20.0, 60.0, 40.0)], dpi=72, media_type="image/tiff")
    second = renderer.render_page(path, 2, dpi=72, media_type="image/tiff")
    assert (pymupdf.Pixmap(first).width, pymupdf.Pixmap(first).height) == (144, 72)
    assert _pixel(first, 40, 30, 72) != (255, 255, 255)
    assert _pixel(first, 100, 60, 72) == (255, 255, 255)
    assert _pixel(second, 40, 30, 72) == (255, 0, 0)
    with pytest.raises(ParseError, match="no page 3"):
        renderer.render_page(path, 3, media_type="image/tiff")


def test_a_locked_document_is_drawn_with_its_password(renderer: IsolatedRenderer, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(pdfs.encrypted())
    assert renderer.render_page(path, 1, dpi=30, password=pdfs.PASSWORD).startswith(b"\x89PNG")


def test_errors_are_clear_and_the_next_call_works(renderer: IsolatedRenderer, page: Path, tmp_path: Path) -> None:
    encrypted = tmp_path / "encrypted.pdf"
    encrypted.write_bytes(pdfs.encrypted())
    with pytest.raises(ParseError, match="no page 9"):
        renderer.render_page(page, 9)
    with pytest.raises(EncryptedDocument):
        renderer.render_page(encrypted, 1)
    with pytest.raises(UnsupportedMediaType):
        renderer.render_page(page, 1, media_type="text/plain")
    with pytest.raises(LimitExceeded):
        renderer.render_page(page, 1, dpi=10_000)
    with pytest.raises(LimitExceeded):
        renderer.render_page(page, 1, boxes=[(0.0, 0.0, 1.0, 1.0)] * 6000)
    assert renderer.render_page(page, 1, dpi=20)


def test_a_page_that_never_ends_is_given_up(tmp_path: Path, page: Path) -> None:
    endless = tmp_path / "endless.pdf"
    endless.write_bytes(pdfs.endless())
    renderer = IsolatedRenderer(ParseLimits(seconds_to_open=0.5, seconds_per_page=0.5))
    with pytest.raises(LimitExceeded):
        renderer.render_page(endless, 1)
    assert renderer.render_page(page, 1, dpi=20)
    renderer.close()


def test_a_killed_renderer_says_so_and_the_next_call_works(page: Path) -> None:
    renderer = IsolatedRenderer(tasks_module="tests.unit.parsers_isolation.crashing_render_tasks")
    with pytest.raises(ParserCrashed):
        renderer.render_page(page, 1, dpi=13)
    assert renderer.render_page(page, 1, dpi=20)
    renderer.close()


def test_threads_share_a_renderer(renderer: IsolatedRenderer, page: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(pdfs.plain("Another text altogether."))
    expected = {path: renderer.render_page(path, 1, dpi=30) for path in (page, other)}
    equal: list[bool] = []

    def work(path: Path) -> None:
        equal.extend(renderer.render_page(path, 1, dpi=30) == expected[path] for _ in range(4))

    threads = [threading.Thread(target=work, args=(path,)) for path in (page, other, page, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert equal == [True] * 16
