"""Reading the weights out of ONNX Runtime's `.ort` files, without running them.

The initializers' own names are mangled (`onnx::MatMul_2093_quantized`); the nodes that use them keep the
names of the modules they came from (`/layers.0/self_attn/q_proj/MatMul_quant`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError

FloatArray = npt.NDArray[np.float32]
_DTYPES: dict[int, type[np.generic]] = {1: np.float32, 2: np.uint8, 7: np.int64}  # onnx.TensorProto.DataType
_LINEAR = ("MatMulIntegerToFloat", "DynamicQuantizeMatMul")


class OrtGraph:
    """Initializers by name, and nodes as (operator, name, inputs), those inside `If` branches too."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            UsageError: it is not in ONNX Runtime's format.
        """
        # In onnxruntime itself; the module only reads the file's tables.
        from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import (
            InferenceSession,
        )

        self.path = path
        data = path.read_bytes()
        if not InferenceSession.InferenceSessionBufferHasIdentifier(data, 0):
            raise UsageError(f"{path}: this is not a model in ONNX Runtime's own format (.ort)")
        self._initializers: dict[str, Any] = {}
        self.nodes: list[tuple[str, str, list[str]]] = []
        self._collect(InferenceSession.GetRootAs(data, 0).Model().Graph())

    def array(self, name: str) -> npt.NDArray[Any]:
        """An initializer's value."""
        tensor = self._initializers[name]
        shape = [tensor.Dims(index) for index in range(tensor.DimsLength())]
        return tensor.RawDataAsNumpy().view(_DTYPES[tensor.DataType()]).reshape(shape)  # type: ignore[no-any-return]

    def names(self) -> Iterator[str]:
        return iter(self._initializers)

    def dequantized(self, name: str) -> FloatArray:
        """(q - zero point) * scale of an initializer that was quantised with one scale."""
        stem = name.removesuffix("_quantized")
        scale, zero = self.array(f"{stem}_scale"), self.array(f"{stem}_zero_point")
        return (self.array(name).astype(np.float32) - np.float32(zero.item())) * np.float32(scale.item())

    def linear_weights(self) -> dict[str, FloatArray]:
        """Weights of the linear layers by module path, shape (out, in)."""
        weights: dict[str, FloatArray] = {}
        for operator, name, inputs in self.nodes:
            if operator in _LINEAR:
                module = name.removesuffix("/MatMul_quant").strip("/").replace("/", ".")
                if module not in weights:  # both branches of an `If` name the same initializer
                    weights[module] = np.ascontiguousarray(self.dequantized(inputs[1]).T)
        return weights

    def input_of(self, node: str, index: int) -> npt.NDArray[Any]:
        """The value of an initializer that the node of this name takes as its input `index`.

        Raises:
            UsageError: there is no such node.
        """
        for _, name, inputs in self.nodes:
            if name == node and inputs[index] in self._initializers:
                return self.array(inputs[index])
        raise UsageError(f"{self.path}: the graph has no node {node} with a constant input {index}")

    def _collect(self, graph: Any) -> None:
        for index in range(graph.InitializersLength()):
            tensor = graph.Initializers(index)
            self._initializers[tensor.Name().decode()] = tensor
        for index in range(graph.NodesLength()):
            node = graph.Nodes(index)
            inputs = [node.Inputs(number).decode() for number in range(node.InputsLength())]
            self.nodes.append((node.OpType().decode(), node.Name().decode(), inputs))
            for number in range(node.AttributesLength()):
                if (branch := node.Attributes(number).G()) is not None:
                    self._collect(branch)
