"""Stands for a model that cannot be loaded."""

from __future__ import annotations


def preload() -> None:
    raise RuntimeError("the model's file /somewhere/model.onnx is damaged")
