"""onnxruntime, loaded when the first model is: it is heavy."""

from __future__ import annotations

from typing import Any, Final

PROVIDERS: Final = ["CPUExecutionProvider"]


def onnx_runtime() -> Any:
    """The library, safe to be called by several threads at once.

    Its compiled code imports a part of numpy. Where another thread imports numpy meanwhile, each
    waits for what the other one holds, Python lets one of them see half a numpy, and no thread of
    the process can import it any more. So numpy comes first, as a whole.
    """
    import numpy  # noqa: F401, ICN001, PLC0415
    import onnxruntime  # noqa: PLC0415

    return onnxruntime


def session_options() -> Any:
    """Options of a session that computes on the thread that asks, and says nothing."""
    options = onnx_runtime().SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
