"""Evaluations against a running service: asking a question set, switching stages off, storing what came out."""
