"""Results in the shapes that others' tools take, as their makers document them. Each is a plain JSON object.

They have no room for what the native form says beside the results; nothing of it changes them.
"""

from retrieval.formats.anthropic import anthropic_search_results
from retrieval.formats.dify import dify_records
from retrieval.formats.openai import openai_search_page

__all__ = ["anthropic_search_results", "dify_records", "openai_search_page"]
