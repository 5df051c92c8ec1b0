"""Makes the RTF files of the golden tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_REPORT = r"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset204 Times Cyr;}
{\f2\fcharset2 Symbol;}{\f3\fcharset128 Mincho;}}
{\colortbl;\red255\green255\blue255;}
{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s5 Title;}{\s6 caption;}}
{\info{\title Harbour report}{\author Nobody}}
{\header\pard Harbour Office\par}
\lang1031\pard\plain\s5 Annual Report\par
\pard\plain\s1 The year in \'a7 1\par
\pard\plain The gauge\'92s zero{\super\chftn{\footnote\pard\plain{\super\chftn} Since 1890.}} is \u8364?5
 {\f1\'cc\'ee\'f0\'e5}
 and {\f3\'8a\'43} and \u-10179?\u-8704?.{\v secret} {\deleted gone}\par
{\pard\plain{\listtext\f2\'b7\tab}\ls1\ilvl0 Radio.\par}
{\pard\plain{\listtext 1.\tab}\ls2\ilvl1 Papers.\par}
\trowd\trhdr\cellx2000\cellx4000\cellx6000\pard\intbl Quay\cell Ships\cell Cargo\cell\row
\trowd\clvmgf\cellx2000\cellx6010\pard\intbl North\cell 112 and more\cell\row
\trowd\clvmrg\cellx2000\cellx4000\cellx6000\pard\intbl\cell 97\cell 7,055\cell\row
\pard\plain\s6 Table 1: Ships.\par
\pard See {\field{\*\fldinst{HYPERLINK "https://example.org/tides"}}{\fldrslt{\ul the tides}}}\line twice.
{\*\atnid JP}{\*\atnauthor J. Pilot}\chatn{\*\annotation\pard\plain Even in summer?}\par
{\*\unknown not seen}\pard\cf1 white\par}
"""

SOURCES: Mapping[str, Callable[[], bytes]] = {"report": lambda: _REPORT.replace("\n", "\r\n").encode("ascii")}
