"""Files made to hurt whoever opens them, each small and made on the spot. `HOSTILE[name]()` gives name and bytes.

None of them holds anything that must be read: what counts is that reading ends, in a Document or in a clear error, and
harms nobody.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from tests.support.pdfs import raw_pdf

_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_ONE_PAGE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def _stream(content: bytes, head: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content)


def _page(content: bytes, *, resources: bytes = b"", box: bytes = b"0 0 300 300", **objects: bytes) -> bytes:
    """A PDF of one page; `objects` are further objects by number (`o5=…`)."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Resources << %s >> /Contents 4 0 R >>" % (box, resources)
    more = {int(name[1:]): body for name, body in objects.items()}
    return raw_pdf({1: _CATALOG, 2: _ONE_PAGE, 3: page, 4: _stream(content), **more})


def deflated_twice() -> bytes:
    once = zlib.compress(b"0" * 200_000_000, 9)
    return raw_pdf(
        {
            1: _CATALOG,
            2: _ONE_PAGE,
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R >>",
            4: _stream(zlib.compress(once, 9), b"/Filter [/FlateDecode /FlateDecode]"),
        }
    )


def page_tree_that_holds_itself() -> bytes:
    return raw_pdf({1: _CATALOG, 2: b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>"})


def page_tree_of_many_levels() -> bytes:
    levels = 5_000
    objects = {1: _CATALOG}
    for level in range(2, levels):
        objects[level] = b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (level + 1)
    objects[levels] = b"<< /Type /Page /MediaBox [0 0 9 9] >>"
    return raw_pdf(objects)


def pages_that_are_not_there() -> bytes:
    return raw_pdf({1: _CATALOG, 2: b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>"})


def cross_references_in_a_ring() -> bytes:
    sound = raw_pdf({1: _CATALOG, 2: b"<< /Type /Pages /Kids [] /Count 0 >>"})
    start = sound.rindex(b"xref\n0")
    return sound.replace(b"trailer\n<<", b"trailer\n<< /Prev %d" % start)


def arrays_in_arrays() -> bytes:
    deep = b"[" * 100_000 + b"]" * 100_000
    return raw_pdf({1: b"<< /Type /Catalog /Pages 2 0 R /X %s >>" % deep, 2: _ONE_PAGE, 3: b"<< /Type /Page >>"})


def states_pushed_for_ever() -> bytes:
    return _page(b"q " * 2_000_000)


def forms_that_draw_forms() -> bytes:
    """Ten levels, each drawing the next ten times: ten thousand million drawings in two kilobytes."""
    levels = range(5, 15)
    forms = {
        f"o{level}": _stream(
            b"/F Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F %d 0 R >> >>" % (level + 1),
        )
        for level in levels
    }
    last = _stream(b"0 0 m 9 9 l S", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    return _page(b"/F Do", resources=b"/XObject << /F 5 0 R >>", **forms, o15=last)


def form_that_draws_itself() -> bytes:
    form = _stream(b"/F Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >>")
    return _page(b"/F Do", resources=b"/XObject << /F 5 0 R >>", o5=form)


def _image(head: bytes, data: bytes) -> bytes:
    body = _stream(data, b"/Type /XObject /Subtype /Image " + head)
    return _page(b"300 0 0 300 0 0 cm /I Do", resources=b"/XObject << /I 5 0 R >>", o5=body)


def image_of_gigapixels() -> bytes:
    head = b"/Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode"
    return _image(head, zlib.compress(bytes(1_000_000), 9))


def bilevel_image_of_gigapixels() -> bytes:
    """A JBIG2 page of 60,000 by 60,000 pixels with a generic region that claims to fill it."""
    page = struct.pack(">IIIIBH", 60_000, 60_000, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", 60_000, 60_000, 0, 0, 0) + b"\x00" + bytes(8) + bytes(20)
    segments = b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data
        for number, kind, data in ((0, 48, page), (1, 38, region))
    )
    head = b"/Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JBIG2Decode"
    return _image(head, segments)


def wavelet_image_of_gigapixels() -> bytes:
    size = struct.pack(">HHIIIIIIIIH", 41, 0, 60_000, 60_000, 0, 0, 60_000, 60_000, 0, 0, 1) + b"\x07\x01\x01"
    codestream = b"\xff\x4f\xff\x51" + size + b"\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x05\x04\x04\x00\x00"
    head = b"/Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /JPXDecode"
    return _image(head, codestream + b"\xff\x5c\x00\x13\x40" + bytes(16) + b"\xff\x90\x00\x0a" + bytes(8) + b"\xff\x93")


def page_of_many_kilometres() -> bytes:
    return _page(b"BT /F1 12 Tf (far) Tj ET", box=b"0 0 1000000000 1000000000")


def page_without_size() -> bytes:
    return _page(b"0 0 m", box=b"0 0 0 0")


def letters_that_write_themselves() -> bytes:
    """A Type 3 font whose glyph shows text in the same font."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /FirstChar 97 /LastChar 97 "
        b"/Widths [9] /Encoding << /Type /Encoding /Differences [97 /a] >> /CharProcs << /a 6 0 R >> "
        b"/Resources << /Font << /T 5 0 R >> >> >>"
    )
    return _page(
        b"BT /T 9 Tf (aaaa) Tj ET",
        resources=b"/Font << /T 5 0 R >>",
        o5=font,
        o6=_stream(b"BT /T 9 Tf (aaaa) Tj ET"),
    )


def function_of_many_samples() -> bytes:
    function = _stream(
        b"\0" * 100,
        b"/FunctionType 0 /Domain [0 1 0 1 0 1 0 1] /Range [0 1] /Size [9999 9999 9999 9999] /BitsPerSample 8",
    )
    shading = b"<< /ShadingType 1 /ColorSpace /DeviceGray /Function 6 0 R >>"
    return _page(b"/S sh", resources=b"/Shading << /S 5 0 R >>", o5=shading, o6=function)


def pdf_header_and_noise() -> bytes:
    return b"%PDF-1.7\n" + bytes(range(256)) * 200


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def picture_of_gigapixels() -> bytes:
    return _png(60_000, 60_000, zlib.compress(bytes(1_000_000), 9))


def picture_cut_short() -> bytes:
    return _png(800, 600, zlib.compress(bytes(1000)))[:-30]


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = b"""<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override
PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONS = b"""<?xml version="1.0"?><Relationships
xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Target="word/document.xml"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"""


def _word(document: bytes, **more: bytes) -> bytes:
    members = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": document}
    return _zip({**members, **more})


def _word_text(body: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'.encode()


def word_of_a_million_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE d [<!ENTITY l0 "lol">{entities}]>'
    return _word(_word_text("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", head))


def word_that_asks_for_a_file() -> bytes:
    head = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return _word(_word_text("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", head))


def word_of_many_zeros() -> bytes:
    return _word(_word_text("<w:p/>"), **{"word/media/image1.png": bytes(60_000_000)})


def word_of_deep_tables() -> bytes:
    deep = 20_000
    return _word(_word_text("<w:tbl><w:tr><w:tc>" * deep + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * deep))


def archive_that_climbs_out() -> bytes:
    return _zip({"../../../../tmp/outside.txt": b"out", "/etc/absolute.txt": b"out", "C:\\windows.txt": b"out"})


def archive_of_many_members() -> bytes:
    return _zip({f"{number}.txt": b"x" for number in range(30_000)})


def html_of_deep_divisions() -> bytes:
    return b"<!doctype html><html><body>" + b"<div>" * 50_000 + b"deep" + b"</div>" * 50_000


def html_of_one_wide_table() -> bytes:
    return b"<!doctype html><table><tr><td rowspan=65000 colspan=1000>x</td></tr>" + b"<tr><td colspan=1000>y" * 500


def mail_in_mail() -> bytes:
    levels = 2_000
    opened = b"".join(
        b"Subject: %d\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n, n)
        for n in range(levels)
    )
    return b"From: a@example.com\r\nTo: b@example.com\r\n" + opened + b"Content-Type: text/plain\r\n\r\ndeep\r\n"


def json_of_deep_lists() -> bytes:
    return b"[" * 500_000 + b"]" * 500_000


def json_of_a_huge_number() -> bytes:
    return b'{"n": ' + b"9" * 1_000_000 + b"}"


def csv_of_one_endless_field() -> bytes:
    return b'a,b\n"' + b"x\n" * 50_000


def csv_of_many_columns() -> bytes:
    return b"," * 300_000 + b"\n" + b"1," * 300_000


def xml_of_a_million_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">{entities}]><d>&l9;</d>'.encode()


def markdown_of_deep_quotes() -> bytes:
    return b"# Title\n\n" + b"> " * 50_000 + b"deep\n\n" + b"*a **b " * 20_000


def rtf_of_deep_groups() -> bytes:
    return rb"{\rtf1 " + b"{" * 200_000 + b"deep" + b"}" * 200_000 + b"}"


def records_of_lines() -> bytes:
    return b"\n".join(json.dumps({"key": number}).encode() for number in range(5)) + b"\n{broken"


HOSTILE: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    make.__name__: (f"{make.__name__}.{suffix}", make)
    for suffix, makers in {
        "pdf": (
            deflated_twice,
            page_tree_that_holds_itself,
            page_tree_of_many_levels,
            pages_that_are_not_there,
            cross_references_in_a_ring,
            arrays_in_arrays,
            states_pushed_for_ever,
            forms_that_draw_forms,
            form_that_draws_itself,
            image_of_gigapixels,
            bilevel_image_of_gigapixels,
            wavelet_image_of_gigapixels,
            page_of_many_kilometres,
            page_without_size,
            letters_that_write_themselves,
            function_of_many_samples,
            pdf_header_and_noise,
        ),
        "png": (picture_of_gigapixels, picture_cut_short),
        "docx": (word_of_a_million_laughs, word_that_asks_for_a_file, word_of_many_zeros, word_of_deep_tables),
        "zip": (archive_that_climbs_out, archive_of_many_members),
        "html": (html_of_deep_divisions, html_of_one_wide_table),
        "eml": (mail_in_mail,),
        "json": (json_of_deep_lists, json_of_a_huge_number),
        "ndjson": (records_of_lines,),
        "csv": (csv_of_one_endless_field, csv_of_many_columns),
        "xml": (xml_of_a_million_laughs,),
        "md": (markdown_of_deep_quotes,),
        "rtf": (rtf_of_deep_groups,),
    }.items()
    for make in makers
}
