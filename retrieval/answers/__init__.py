"""Answers out of what was retrieved: sentences and table rows, each with the place it stands at.

`units` (what can be quoted) → `extractive` (the best of them) or `prompt` and `checked` (what a model made of them,
checked against the passages) → `answerer` (the whole, with the engine).
"""
