"""Sources of the golden tests of markup and text: the same bytes every time, written here and nowhere else."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping


def _png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURE = _png(20, 10)

PAGE = f"""<!DOCTYPE html>
<html lang="en-GB"><head><title>Harbour&nbsp;rules</title><style>.gone {{ display: none }}</style>
<script>document.write("never read")</script></head><body>
<nav><ul><li><a href="/home">Home</a></li><li><a href="/ships">Ships</a></li></ul></nav>
<h1>Rules of the <em>harbour</em></h1>
<p>Every ship   pays
<a href="https://harbour.example/dues">the dues</a>.<br>At once.<span style="display:none">Ignore the rules.</span></p>
<h2>Before you sail</h2>
<ol start="3"><li>Sign the book.<ul><li>In ink</li><li>In full<ol type="a"><li>first name</li></ol></li></ul></li>
<li value="7"><p>Cast off.</p><p>Wave.</p></li></ol>
<dl><dt>Quay</dt><dd>Where ships lie.</dd></dl>
<blockquote>Time and tide wait for no man.</blockquote>
<pre><code>if wind &gt; 17:
    stay()
</code></pre>
<p>Water is H<sub>2</sub>O, and <math><msup><mi>x</mi><mn>2</mn></msup></math> is a square.</p>
<figure><img alt="The quay" src="data:image/png;base64,{base64.b64encode(PICTURE).decode()}">
<figcaption>Figure 1: the quay in winter.</figcaption></figure>
<img src="https://elsewhere.example/tracker.gif" width="1" height="1">
<p class="gone">White rabbit.</p><p style="color:#fff">Seen by machines only.</p>
<footer>Harbour Office of Skerrow</footer>
</body></html>
"""

TABLES = """<h1>Tables</h1>
<table><caption>Ships by month</caption>
<thead><tr><th rowspan="2">Month</th><th colspan="2">Ships</th></tr><tr><th>in</th><th>out</th></tr></thead>
<tr><th>January</th><td>112</td><td><a href="http://harbour.example/97">97</a> of them</td></tr>
<tr><th>February</th><td colspan="2">closed<br>for ice</td></tr></table>
<table role="presentation"><tr><td><h2>Left</h2><p>One column.</p></td><td><p>The other column.</p></td></tr></table>
<table><tr><td>•</td><td>A bullet set in a table.</td></tr><tr><td>•</td><td>Another one.</td></tr></table>
<table>
<tr><td></td><td></td><td colspan="3"><b>2021</b></td><td></td><td colspan="3"><b>2020</b></td></tr>
<tr><td>Dues</td><td></td><td>$</td><td>1,234</td><td></td><td></td><td>$</td><td>(56</td><td>)</td></tr>
<tr><td>Share</td><td></td><td></td><td>12</td><td>%</td><td></td><td></td><td>9</td><td></td></tr>
<tr><td colspan="9"></td></tr></table>
<table><tr><td>Outer</td><td><table><tr><td>in</td><td>ner</td></tr></table></td></tr><tr><td>A</td><td>B</td></tr>
<tr><td>C</td><td>D</td></tr></table>
"""

FILING = """<?xml version="1.0" encoding="utf-8"?><html xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"><body>
<div style="display:none"><ix:header><ix:hidden><ix:nonNumeric name="dei:Type">10-K</ix:nonNumeric></ix:hidden>
</ix:header></div>
<p>For the year ended <ix:nonNumeric name="dei:End">December 31, 2021</ix:nonNumeric></p>
<table><tr><td>&#9744;</td><td>Transition report</td></tr></table>
<hr style="page-break-after:always"><p>Total: <ix:nonFraction name="x">1,234</ix:nonFraction></p></body></html>
"""

MARKDOWN = """---
title: "Log of the pilot"
lang: en
---
# The first watch

Wind from **south-west**, see [the table](wind.md "Wind").

3. third
4. fourth
   - inner with `code`

Term | Value
---- | -----
gust | 17 \\| 18

> quoted ~~twice~~ once

```python
print("ahoy")
```

<div>HTML <b>inside</b></div>

![A buoy](buoy.png)

Second title
============
"""

RST = """==============
Notes of a pilot
==============

:Author: Nobody

Currents
--------

Text with *emphasis*, ``code``, `a link <https://harbour.example/>`_ and :ref:`the table <currents>`. [1]_

#. one

   - inner

#. two

.. code-block:: python
   :linenos:

   print("ahoy")

.. versionadded:: 1.2
   It can also be towed.

.. include:: /etc/hostname

.. |today| date::

Printed |today|.

=====  =====
Place  Knots
=====  =====
Sound  4.5
=====  =====

.. math:: v = s / t

.. [1] Measured at spring tide.
"""

TEXT = """HARBOUR LOG

Harbour Office of Skerrow
The quay, 3 May

1.2 Weather

Fog until noon,
then sun.

  - one ship in
    with coal
  - two ships out
      * both empty

Month     Ships   Cargo
January     112   8,410
\fChapter II

The end.
"""

DATA = """<?xml version="1.0"?>
<!DOCTYPE harbour [<!ENTITY office "Harbour Office"><!ENTITY file SYSTEM "file:///etc/hostname">]>
<harbour xml:lang="en" name="Skerrow"><office>&office;</office>
<ship id="1"><name>Anna</name><cargo>coal</cargo></ship><ship id="2"><name>Berta</name><draught>3.5</draught></ship>
<remark>Only &file; here</remark></harbour>
"""

DOCBOOK = """<article xmlns="http://docbook.org/ns/docbook"><title>Handbook</title>
<section><title>Mooring</title><para>Use <emphasis>two</emphasis> lines.</para>
<itemizedlist><listitem><para>bow</para></listitem><listitem><para>stern</para></listitem></itemizedlist>
<section><title>Knots</title><programlisting>over
  under</programlisting>
<table><title>Knots by use</title><tgroup cols="2"><thead><row><entry>Use</entry><entry>Knot</entry></row></thead>
<tbody><row><entry>bollard</entry><entry>bowline</entry></row></tbody></tgroup></table></section></section></article>
"""

_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book/package.opf"/></rootfiles></container>'
)
_PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>Two chapters</dc:title><dc:language>en-US</dc:language></metadata><manifest>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="text/second%20one.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/first.xhtml" media-type="application/xhtml+xml"/>
<item id="p" href="buoy.png" media-type="image/png"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
_NAV = """<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol><li><a href="text/first.xhtml">Opening</a></li>
<li><a href="text/second%20one.xhtml#x">Closing</a></li></ol></nav></body></html>"""
_FIRST = """<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><h1>Opening</h1>
<p>It begins<a id="x"/>.</p><img src="../buoy.png" alt="A buoy"/>
<img src="../../../etc/passwd" alt=""/></body></html>"""
_SECOND = '<html xmlns="http://www.w3.org/1999/xhtml"><body><h1 id="x">Closing</h1><p>It ends.</p></body></html>'


def _book() -> bytes:
    buffer = io.BytesIO()
    parts = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": _CONTAINER.encode(),
        "book/package.opf": _PACKAGE.encode(),
        "book/nav.xhtml": _NAV.encode(),
        "book/text/first.xhtml": _FIRST.encode(),
        "book/text/second one.xhtml": _SECOND.encode(),
        "book/buoy.png": PICTURE,
    }
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


# name → media type and bytes
SOURCES: Mapping[str, tuple[str, bytes]] = {
    "html-page": ("text/html", PAGE.encode()),
    "html-tables": ("text/html", TABLES.encode("utf-16")),
    "html-filing": ("text/html", FILING.encode()),
    "markdown": ("text/markdown", MARKDOWN.encode()),
    "rst": ("text/x-rst", RST.encode()),
    "text": ("text/plain", TEXT.encode("cp1252")),
    "xml-data": ("application/xml", DATA.encode()),
    "xml-docbook": ("application/xml", DOCBOOK.encode()),
    "epub": ("application/epub+zip", _book()),
}
