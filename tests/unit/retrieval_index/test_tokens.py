"""What the lexical side must be able to find, in documents as they are written and questions as they are asked."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.tokens import MAX_TOKEN, STOP_WORDS, question_tokens, tokenize


def finds(question: str, document: str) -> bool:
    """Whether every token of the question is in the document."""
    asked = set(tokenize(question))
    return bool(asked) and asked <= set(tokenize(document))


@pytest.mark.parametrize(
    ("question", "document"),
    [
        # numbers, signs, negatives in parentheses
        ("1,577", "Net (loss) income $ (1,577) $ 803"),
        ("1577", "a loss of (1,577)"),
        ("(1,577)", "1577 units"),
        ("2,345,678.90", "2345678.90"),
        ("5.2", "a change of -5.2%"),
        ("3.5%", "margin of 3.5 % in the year"),
        ("3.5", "grew 3.5%."),
        ("5.3", "US$5.3bn"),
        # currencies
        ("$1,577", "$ 1,577"),
        ("€12", "costs €12."),
        ("12.50", "£12.50"),
        # codes and part numbers
        ("10-K", "the Form 10-K for"),
        ("10K", "the Form 10-K for"),
        ("10-K", "its 10-K/A was filed"),
        ("AB-1234/X", "part no. AB-1234/X, see"),
        ("ab1234", "part AB-1234"),
        ("4.2.1", "Section 4.2.1:"),
        ("ISO 27001", "ISO-27001"),
        ("C++", "written in C++, not in C"),
        ("R&D", "spending on R&D."),
        ("AT&T", "AT&T Inc."),
        ("item_7.pdf", "see item_7.pdf"),
        # compounds
        ("non GAAP", "Non-GAAP measures"),
        ("non-GAAP", "non-gaap measure"),
        ("nongaap", "non-GAAP"),
        ("email", "send an e-mail"),
        ("long term debt", "Long-Term Debt"),
        ("Johnson's", "Johnson’s results"),
        ("Johnson", "Johnson's results"),
        ("OBrien", "O’Brien"),
        # abbreviations
        ("U.S.", "in the U.S. and"),
        ("US", "in the U.S."),
        ("USA", "the U.S.A."),
        # dates and periods
        ("2023", "FY2023"),
        ("December 31, 2023", "as of December 31, 2023 and"),
        ("2023-12-31", "on 2023-12-31."),
        ("2023", "12/31/2023"),
        ("2019 2020", "from 2019–2020"),
        ("Q3", "in Q3'23"),
        # words: inflected, broken at the end of a line, with typography
        ("acquisition", "acquisitions"),
        ("environmental", "the environ-\nmental impact"),
        ("environmental", "the environ\u00admental impact"),
        ("financial", "ﬁnancial"),
        ("revenue", "Revenue¹ rose"),
        ("10", "10² m"),
        ("cafe Zurich", "Café Zürich"),
        # other languages
        ("Straße", "STRASSE"),
        ("eau", "l'eau"),
        ("россия", "в России и Россия"),
        ("増加", "売上高は増加した"),
        ("हिन्दी", "यह हिन्दी में है"),
        ("الشركة", "أعلنت الشركة عن"),
        ("ＡＢＣ１２", "abc12"),
        ("한국", "한국 기업"),
    ],
)
def test_finds(question: str, document: str) -> None:
    assert finds(question, document), (tokenize(question), tokenize(document))


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("3.5", "3 of 5 were 35"),
        ("1,577", "1 and 577"),
        ("10-K", "10-Q"),
        ("€12", "$12"),
        ("3.5%", "3.5 million"),
        ("4.2.1", "4.2.2"),
        ("C++", "C"),
        ("2.5-3.0", "2.53.0"),
    ],
)
def test_does_not_find(question: str, document: str) -> None:
    assert not finds(question, document), (tokenize(question), tokenize(document))


def test_numbers_codes_and_compounds_are_whole() -> None:
    assert tokenize("3.5%") == ["3.5%", "3.5"]
    assert tokenize("10-K") == ["10-k", "10", "k", "10k"]
    assert tokenize("non-GAAP") == ["non-gaap", "non", "gaap", "nongaap"]
    assert tokenize("U.S.") == ["u.s.", "us"]
    assert tokenize("(1,577)") == ["1577"]
    assert tokenize("12:30") == ["12:30", "12", "30"]


def test_stop_words_are_left_out_also_inside_compounds() -> None:
    assert tokenize("What is the and/or of it? e.g. don't") == []
    assert tokenize("to the point") == ["point"]
    assert tokenize("") == tokenize(" \n\t—“”…") == []


def test_repetitions_and_order_are_kept() -> None:
    assert tokenize("alpha beta alpha") == ["alpha", "beta", "alpha"]


def test_a_very_long_word_is_cut_and_not_remembered() -> None:
    long = "x" * 100_000
    assert tokenize(long) == ["x" * MAX_TOKEN]
    assert all(len(token) <= MAX_TOKEN for token in tokenize("a1-" * 5_000 + "9" * 500 + "%"))


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("aB1 2.,-%$/&'’_:@()\n²½ßéЯ売한ก़"))))
def test_any_text_gives_tokens_the_index_keeps_whole(text: str) -> None:
    tokens = tokenize(text)
    assert tokens == tokenize(text)
    assert " ".join(tokens).split() == tokens
    assert all(0 < len(token) <= MAX_TOKEN for token in tokens)
    assert not STOP_WORDS.intersection(tokens)


@given(st.lists(st.sampled_from(["non-GAAP", "3.5%", "U.S.", "10-K/A", "the", "Sales", "$1,577", "売上高", "l'eau"])))
def test_text_around_a_word_does_not_change_its_tokens(words: list[str]) -> None:
    assert tokenize(" ; ".join(words)) == [token for word in words for token in tokenize(word)]


def test_threads_agree() -> None:
    text = " ".join(f"running{number}s runners walked non-GAAP" for number in range(200))
    sys_interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(tokenize, [text] * 32))
    finally:
        sys.setswitchinterval(sys_interval)
    assert all(answer == answers[0] for answer in answers)


def test_words_are_stemmed_in_their_own_language() -> None:
    assert tokenize("Häuser", "de") == tokenize("Haus", "de")
    assert tokenize("Häuser") != tokenize("Haus")
    assert tokenize("the and", "de") == ["the", "and"]
    assert tokenize("wordless kitabu", "sw") == ["wordless", "kitabu"]


def test_a_question_finds_what_was_stemmed_in_any_of_the_languages() -> None:
    tokens = question_tokens("Umsätze in 2024", ["en", "de"])
    assert set(tokenize("Umsatz 2024", "de")) <= set(tokens)
    assert set(tokenize("Umsätze in 2024", "en")) <= set(tokens)
    assert tokens.count("2024") == 1
    assert question_tokens("Sales of 2024", []) == tokenize("Sales of 2024")
