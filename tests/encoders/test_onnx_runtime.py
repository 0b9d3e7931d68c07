"""onnxruntime beside other threads that import."""

from __future__ import annotations

import subprocess
import sys

ORDER = """
import sys
from edgeroute.encoders.onnx_runtime import onnx_runtime

class Asked:
    names = []

    def find_spec(self, name, path=None, target=None):
        self.names.append(name)

sys.meta_path.insert(0, Asked())
onnx_runtime()
print(Asked.names.index("numpy") < Asked.names.index("onnxruntime"))
"""


def test_numpy_is_there_first() -> None:
    """Else a thread that imports numpy meanwhile may see half of it, and no prompt is read."""
    done = subprocess.run(
        [sys.executable, "-c", ORDER], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "True"
