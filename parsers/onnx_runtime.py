"""onnxruntime, imported with its telemetry off. Import this module before anything that imports onnxruntime.

Since 1.29 the wheels for Linux report models, sessions and the processor to Microsoft unless `ORT_DISABLE_TELEMETRY` is
set before the library is loaded; calling `disable_telemetry_events()` afterwards is too late for the first report.
Setting it also spares the thread that reports, which would not survive the fork of a worker.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime"]
