"""Just enough of the ONNX file format to write an inference graph with weights.

An ONNX file is one protocol-buffers message. The field numbers are those of `onnx.proto` (onnx/onnx, IR version 9); the
wire format is that of protobuf.dev/programming-guides/encoding. The `onnx` package would write the same in 30 MB of
dependency, for a file that each installation writes once. Both runtimes' readers check what is written here, and
the vectors are compared with the reference before they are used.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 9
FLOAT, INT64 = 1, 7
_TENSOR_TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.int64): INT64}
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7

Attribute = int | float | Sequence[int]
Axes = Sequence[int | str]


def node(operator: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Attribute]) -> bytes:
    """A NodeProto with one output; its name is that of the output."""
    parts = [_text(1, name) for name in inputs]
    parts += [_text(2, output), _text(3, output), _text(4, operator)]
    parts += [_message(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join(parts)


def tensor(name: str, value: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    """A TensorProto of float32 or int64."""
    parts = [_integer(1, size) for size in value.shape]
    parts += [_integer(2, _TENSOR_TYPES[value.dtype]), _text(8, name)]
    # Raw data is little-endian whatever the machine.
    parts.append(_message(9, np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).tobytes()))
    return b"".join(parts)


def value_info(name: str, element_type: int, axes: Axes) -> bytes:
    """A ValueInfoProto of a tensor; an axis with a name is dynamic."""
    dimensions = [_text(2, axis) if isinstance(axis, str) else _integer(1, axis) for axis in axes]
    shape = b"".join(_message(1, dimension) for dimension in dimensions)
    tensor_type = _integer(1, element_type) + _message(2, shape)
    return _text(1, name) + _message(2, _message(1, tensor_type))


def graph(
    name: str,
    *,
    nodes: Sequence[bytes],
    tensors: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
) -> bytes:
    """A GraphProto; nodes in the order in which they can be run."""
    parts = [_message(1, part) for part in nodes]
    parts.append(_text(2, name))
    parts += [_message(5, part) for part in tensors]
    parts += [_message(11, part) for part in inputs]
    parts += [_message(12, part) for part in outputs]
    return b"".join(parts)


def model(graph: bytes, *, operator_set: int, producer: str) -> bytes:
    """A ModelProto: the content of an ONNX file, over the default operator set in the version given."""
    return b"".join(
        [_integer(1, IR_VERSION), _text(2, producer), _message(7, graph), _message(8, _integer(2, operator_set))]
    )


def _attribute(name: str, value: Attribute) -> bytes:
    """An AttributeProto."""
    if isinstance(value, float):
        return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _integer(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _integer(3, value) + _integer(20, _ATTRIBUTE_INT)
    items = b"".join(_integer(8, item) for item in value)
    return _text(1, name) + items + _integer(20, _ATTRIBUTE_INTS)


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _integer(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value % 2**64)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
