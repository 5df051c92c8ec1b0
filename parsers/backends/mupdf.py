"""The PyMuPDF module, imported without its layout model.

`import pymupdf` also imports `pymupdf.layout` and `pymupdf4llm` where they are installed, and with them onnxruntime and
numpy: 0.8 CPU seconds and 90 MB per process for something the text layer never needs. A `None` in `sys.modules` makes
an import fail (documented behaviour of the import system), which PyMuPDF treats as "not installed". The entries are
taken out again, so that an extractor that wants the model can still import it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

_NOT_NEEDED = ("pymupdf.layout", "pymupdf4llm")

_held_back = [name for name in _NOT_NEEDED if name not in sys.modules]
for _name in _held_back:
    sys.modules[_name] = cast(ModuleType, None)
try:
    import pymupdf
finally:
    for _name in _held_back:
        sys.modules.pop(_name, None)

# Documents are hostile: what MuPDF has to say about them may quote them, and does not belong on our stderr.
pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)

__all__ = ["pymupdf"]
