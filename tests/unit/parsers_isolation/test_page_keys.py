"""Two pages with one key are made of the same things: whatever file they stand in, and whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.backends.mupdf import pymupdf
from parsers.backends.pdf_keys import page_keys
from tests.support import pdfs

TEXTS = [f"The harbour had {number} ships." for number in range(1, 6)]


def opened(content: bytes) -> Any:
    return pymupdf.open("pdf", content)


def keys(content: bytes) -> list[str]:
    with opened(content) as document:
        return page_keys(document)


@pytest.mark.parametrize(
    "options",
    [{}, {"garbage": 4, "deflate": True}, {"garbage": 3, "use_objstms": 1}, {"expand": 255}, {"no_new_id": True}],
)
def test_a_file_that_is_written_anew_has_the_same_pages(options: dict[str, Any]) -> None:
    content = pdfs.of_pages(TEXTS)
    with opened(content) as document:
        again = document.tobytes(**options)
    assert keys(again) == keys(content)


def test_only_the_page_that_changed_has_another_key() -> None:
    before, texts = keys(pdfs.of_pages(TEXTS)), list(TEXTS)
    texts[2] = "Nothing is as it was."
    after = keys(pdfs.of_pages(texts))
    assert len(set(before)) == len(TEXTS)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True, True]


def test_pages_that_move_keep_their_keys() -> None:
    content = pdfs.of_pages(TEXTS)
    with opened(content) as document:
        document.move_page(0, -1)
        document.delete_page(1)
        moved = page_keys(document)
    first, second, third, fourth, fifth = keys(content)
    assert moved == [second, fourth, fifth, first]
    assert third not in moved


def test_what_is_seen_of_a_page_is_in_its_key() -> None:
    content = pdfs.picture()
    plain = keys(content)[0]
    seen = {plain}
    with opened(content) as document:
        page = document[0]
        for change in (
            lambda: page.set_rotation(90),
            lambda: page.set_cropbox(pymupdf.Rect(0, 0, 200, 200)),
            lambda: page.add_rect_annot(pymupdf.Rect(10, 10, 50, 50)),
            lambda: page.replace_image(page.get_images()[0][0], pixmap=pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 2, 2))),
            lambda: page.insert_text((50, 50), "new", fontname="cour"),
        ):
            change()
            (key,) = page_keys(document)
            assert key not in seen
            seen.add(key)


def test_a_page_inherits_what_its_parents_say() -> None:
    def page(rotation: int) -> bytes:
        return pdfs.raw_pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 200 200]/Rotate %d>>" % rotation,
                3: b"<</Type/Page/Parent 2 0 R>>",
            }
        )

    assert keys(page(0)) != keys(page(90))


def test_objects_that_lead_in_circles_and_files_without_end() -> None:
    def circle(colour: bytes) -> bytes:
        form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length 9>>stream\n"
        return pdfs.raw_pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 200 200]>>",
                3: b"<</Type/Page/Parent 2 0 R/Resources<</XObject<</F 4 0 R>>>>>>",
                4: form + colour + b" rg /F Do\nendstream",
            }
        )

    assert keys(circle(b"1")) == keys(circle(b"1"))
    assert keys(circle(b"1")) != keys(circle(b"0"))
    assert len(keys(pdfs.endless())) in {0, 1}
