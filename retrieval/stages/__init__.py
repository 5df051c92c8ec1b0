"""The stages of one question, each a small pure function from value to value; `retrieval.engine` runs and times them.

query_analysis → candidates (one search) → access check → boost → fusion → grouping → read → cite
"""
