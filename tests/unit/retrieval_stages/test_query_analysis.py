"""What each stage of the analysis adds, and that it adds nothing when it is off."""

from __future__ import annotations

import pytest

from retrieval.options import RetrieveQuery, StageOptions
from retrieval.profile import CollectionProfile, parse_glossary, parse_profile
from retrieval.stages.fusion import FusedCandidate
from retrieval.stages.merging import take_turns
from retrieval.stages.query_analysis import MAX_QUESTIONS, analyse, questions_of
from retrieval.tokens import tokenize

PROFILED = CollectionProfile(
    collection="lab",
    profile=parse_profile(
        {
            "name": "lab",
            "source_hints": [{"phrases": ["assay sheet"], "looks_for": ["results of the assay"]}],
            "organisations": [{"name": "Norrland Analytics", "aliases": ["NA Lab"]}],
        }
    ),
    glossary=parse_glossary(
        {"name": "lab", "entries": [{"terms": ["pH value"], "expansions": ["acidity"], "weight": 0.25}]}
    ),
)


def question(text: str, **stages: bool) -> RetrieveQuery:
    return RetrieveQuery(query=text, stages=StageOptions(**stages))


def test_a_glossary_adds_its_words_with_their_weight_and_keeps_the_names() -> None:
    analysed = analyse(question("Which pH values did Norrland find?"), ("en",), [PROFILED])
    assert [(one.phrase, one.weight) for one in analysed.expansions] == [("acidity", 0.25)]
    assert "acid" in analysed.tokens and "acid" not in analysed.title_tokens
    assert analysed.weighted_texts == (("Which pH values did Norrland find?", 1.0), ("pH Norrland acidity", 0.25))


def test_a_profile_adds_what_a_source_looks_like_and_other_names_for_titles() -> None:
    analysed = analyse(question("What does the assay sheet of NA Lab say?"), ("en",), [PROFILED])
    assert [one.phrase for one in analysed.expansions] == ["results of the assay"]
    assert "norrland" in analysed.title_tokens and "norrland" not in analysed.tokens


@pytest.mark.parametrize("stage", ["profile", "glossary"])
def test_a_stage_that_is_off_adds_nothing(stage: str) -> None:
    text = "Which pH value does the assay sheet of NA Lab say?"
    on, off = (analyse(question(text, **{stage: state}), ("en",), [PROFILED]) for state in (True, False))
    assert len(off.expansions) == len(on.expansions) - 1


def test_periods_are_looked_for_in_titles_however_they_are_written() -> None:
    on, off = (analyse(question("What changed in Q2 2023?", periods=state), ("en",)) for state in (True, False))
    assert "2023q2" in on.title_tokens
    assert "2023q2" not in off.title_tokens and "2023q2" not in on.tokens


def test_without_grammar_the_question_is_embedded_as_it_was_asked() -> None:
    text = "How many  bolts are there? Round to tens."
    assert analyse(question(text, grammar=False)).text == "How many bolts are there? Round to tens."


def test_several_questions_are_taken_apart_and_keep_the_names() -> None:
    query = question("What does the Kestrel fan cost? And who sells it?")
    parts = questions_of(query, analyse(query))
    assert [one.text for one in parts] == ["What does the Kestrel fan cost?", "And who sells it? Kestrel"]


@pytest.mark.parametrize("text", ["What does it cost?", "Is it? " * (MAX_QUESTIONS + 1)])
def test_one_question_and_far_too_many_stay_whole(text: str) -> None:
    query = question(text)
    whole = analyse(query)
    assert questions_of(query, whole) == (whole,)


def test_decomposition_can_be_off() -> None:
    query = question("What does it cost? Who sells it?", decomposition=False)
    whole = analyse(query)
    assert questions_of(query, whole) == (whole,)


def test_rankings_take_turns_and_scores_never_rise() -> None:
    first = [FusedCandidate(id=id, score=score) for id, score in (("a", 0.9), ("b", 0.3))]
    second = [FusedCandidate(id=id, score=score) for id, score in (("c", 0.5), ("a", 0.45), ("d", 0.4))]
    merged = take_turns([first, second])
    assert [(one.id, one.score) for one in merged] == [("a", 0.9), ("c", 0.5), ("b", 0.3), ("d", 0.3)]


@pytest.mark.parametrize("written", ["June 30, 2023", "30 June 2023", "2023-06-30", "30.06.2023"])
@pytest.mark.parametrize("printed", ["as of 30.06.2023", "dated 2023-06-30"])
def test_a_day_is_found_in_passages_that_write_it_in_figures(written: str, printed: str) -> None:
    analysed = analyse(question(f"What was owed on {written}?"), ("en",))
    assert "2023-06-30" in {*analysed.tokens} & {*tokenize(printed)}
