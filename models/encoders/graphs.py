# ruff: noqa: INP001  (a script beside its data, not a package)
"""Make ``bert-*.onnx``: graphs of layers of BERT encoders, without their weights.

    pip install onnx && python models/encoders/graphs.py

edgeroute/encoders/bert.py gives them their weights. Products are of
eight-bit weights with activations that are quantised as they come.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from onnx import TensorProto, helper

WIDTH: Final = 384
# First and last of the layers of each graph; some are read on only where it is worth it.
LAYERS: Final = ((0, 3), (0, 6), (3, 8))
HEADS: Final = 12
EPSILON: Final = 1e-12
OURS: Final = "com.microsoft"  # the domain of onnxruntime's own operators


class Graph:
    """The nodes and the weights so far."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def node(self, kind: str, inputs: list[str], output: str, **more: Any) -> str:
        """Add an operation; its output's name."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **more))
        return output

    def weight(self, name: str, *shape: int, kind: int = TensorProto.FLOAT) -> str:
        """Declare a tensor that is given when the graph is loaded; its name."""
        tensor = TensorProto(name=name, data_type=kind, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="given")
        self.weights.append(tensor)
        return name

    def linear(self, given: str, name: str, rows: int, columns: int) -> str:
        """``given`` times a weight, plus its bias."""
        weight = self.weight(f"{name}.weight", rows, columns, kind=TensorProto.INT8)
        scale, bias = self.weight(f"{name}.scale", columns), self.weight(f"{name}.bias", columns)
        inputs = [given, weight, scale, "", bias]
        return self.node("DynamicQuantizeMatMul", inputs, f"{name}.out", domain=OURS)

    def norm(self, one: str, other: str, name: str) -> str:
        """The sum of two, normalised."""
        inputs = [
            one,
            other,
            self.weight(f"{name}.weight", WIDTH),
            self.weight(f"{name}.bias", WIDTH),
        ]
        kind = "SkipLayerNormalization"
        return self.node(kind, inputs, f"{name}.out", domain=OURS, epsilon=EPSILON)


def encoder(start: int, stop: int) -> Graph:
    """The layers from ``start`` to ``stop``, from ``embeddings``, or what the layer before gave, to
    ``hidden``.
    """
    graph, x = Graph(), "embeddings"
    if start == 0:
        norm = [graph.weight(f"embeddings_norm.{part}", WIDTH) for part in ("weight", "bias")]
        x = graph.node("LayerNormalization", [x, *norm], "x", axis=-1, epsilon=EPSILON)
    for layer in range(start, stop):
        name = f"l{layer}"
        parts = [graph.linear(x, f"{name}.{part}", WIDTH, WIDTH) for part in "qkv"]
        context = f"{name}.context"
        graph.node("MultiHeadAttention", parts, context, domain=OURS, num_heads=HEADS)
        x = graph.norm(graph.linear(context, f"{name}.ao", WIDTH, WIDTH), x, f"{name}.aln")
        wide = graph.linear(x, f"{name}.fi", WIDTH, 4 * WIDTH)
        bent = graph.node("Gelu", [wide], f"{name}.bent", domain=OURS)
        x = graph.norm(graph.linear(bent, f"{name}.fo", 4 * WIDTH, WIDTH), x, f"{name}.oln")
    graph.node("Identity", [x], "hidden")
    return graph


def model(start: int, stop: int) -> bytes:
    """The file of the layers from ``start`` to ``stop``."""
    graph = encoder(start, stop)
    shape = [1, "tokens", WIDTH]
    inputs = [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, shape)]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, shape)]
    body = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.weights)
    sets = [helper.make_opsetid("", 20), helper.make_opsetid(OURS, 1)]
    made = helper.make_model(body, opset_imports=sets, ir_version=10, producer_name="edgeroute")
    return bytes(made.SerializeToString())


if __name__ == "__main__":
    for first, last in LAYERS:
        (Path(__file__).parent / f"bert-{first}-{last}.onnx").write_bytes(model(first, last))
