"""What documents say of themselves, and that none is told to be what it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.document_facts import facts_of, general_kinds
from ingestion.front_lines import name_words
from ingestion.points import title_line
from parsers.model import Document, ElementKind, Flag
from retrieval.facts import MAX_LINE, DocumentFacts
from retrieval.profile import NamedThing, Profile
from tests.unit.ingestion.support import DocumentBuilder

TITLE, HEADING, PARAGRAPH, HEADER = (
    ElementKind.TITLE,
    ElementKind.HEADING,
    ElementKind.PARAGRAPH,
    ElementKind.HEADER,
)


def document(*elements: tuple[ElementKind, str], declared: str | None = None) -> Document:
    """One page of these elements; `declared` is the title in the file's properties."""
    builder = DocumentBuilder()
    for kind, text in elements:
        builder.add(kind, [(1, text)])
    made = builder.build()
    return replace(made, document=replace(made.document, title=declared))


REPORT = document(
    (HEADING, "FORM 7-A"),
    (PARAGRAPH, "☒ ANNUAL REPORT UNDER SECTION 9 OF THE REGISTERS ACT\nFor the fiscal year ended June 30, 2022"),
    (HEADING, "HOLLOW CREEK PAPER MILLS, INC."),
    (PARAGRAPH, "Audited by Marsh & Oakley LLP, 4 Pine Street. Shares are listed at The Northern Stock Exchange LLC."),
    (PARAGRAPH, "Hollow Creek Paper Mills, Inc. makes paper. As of March 3, 2023 there were 4,000 shares."),
)


def test_a_report_is_told_by_its_front_page() -> None:
    facts = facts_of(REPORT, file_name="reports/HOLLOWCREEK_2022_7A.pdf")
    assert facts == DocumentFacts(
        title="HOLLOWCREEK 2022 7A",
        organisation="Hollow Creek Paper Mills, Inc.",
        periods=("2022-06-30",),
        kind="annual report",
    )


def test_an_abbreviated_file_name_is_spelled_out_in_the_title_line() -> None:
    facts = facts_of(REPORT, file_name="HOLLOWCREEK_2022_7A.pdf")
    line = title_line("HOLLOWCREEK 2022 7A", facts, {"desk": "Harbour", "pages": 4, "filed": "2023-04-01"})
    assert line == "HOLLOWCREEK 2022 7A Hollow Creek Paper Mills, Inc. annual report 2022-06-30 Harbour 2023-04-01"


def test_a_document_that_says_nothing_keeps_the_title_of_its_file() -> None:
    facts = facts_of(document((PARAGRAPH, "nothing of note here")), file_name="scan_0042.pdf")
    assert facts == DocumentFacts(title="scan 0042")
    assert not facts
    assert title_line("scan 0042", facts, {}) == "scan 0042"


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Invoice 4711", "a.pdf", "invoice"),
        ("RECHNUNG Nr. 4711", "a.pdf", "invoice"),
        ("Procès-verbal de la réunion", "a.pdf", "minutes"),
        ("Safety Data Sheet", "a.pdf", "data sheet"),
        ("A page", "2023_quarterly_report.pdf", "quarterly report"),
        ("A page", "QuarterlyReport2023.pdf", "quarterly report"),
        ("Our invoices are late", "a.pdf", ""),
        ("What the new policy means for invoices of last year", "a.pdf", ""),
    ],
)
def test_kinds_are_what_the_document_calls_itself(text: str, name: str, kind: str) -> None:
    assert facts_of(document((HEADING, text), (PARAGRAPH, "more text")), file_name=name).kind == kind


@pytest.mark.parametrize(
    ("elements", "name", "periods"),
    [
        ([(PARAGRAPH, "for the quarterly period ended\nSeptember 30, 2021")], "a.pdf", ("2021-09-30",)),
        ([(PARAGRAPH, "Zwischenbericht für das Quartal bis 30. September 2021")], "a.pdf", ("2021-09-30",)),
        ([(HEADING, "Second quarter 2022 results")], "a.pdf", ("2022-Q2",)),
        ([(PARAGRAPH, "text")], "ACME_2023Q2_report.pdf", ("2023-Q2",)),
        ([(PARAGRAPH, "text")], "3Q21 notes.docx", ("2021-Q3",)),
        ([(PARAGRAPH, "text")], "minutes 2024-03-05.docx", ("2024-03-05",)),
        ([(PARAGRAPH, "28 January 2025"), (TITLE, "Your claim of 7 December 2024")], "letter.pdf", ("2025-01-28",)),
        ([(TITLE, "Minutes of 11 February 2025"), (PARAGRAPH, "built in 1999")], "m.pdf", ("2025-02-11",)),
        ([(PARAGRAPH, "The house was built in 1999 and sold on 3 May 2001 to its present owner.")], "a.pdf", ()),
        ([(PARAGRAPH, "Part 2019-4711")], "a.pdf", ()),
    ],
)
def test_periods_are_those_that_the_document_is_about(
    elements: list[tuple[ElementKind, str]], name: str, periods: tuple[str, ...]
) -> None:
    assert facts_of(document(*elements), file_name=name).periods == periods


def test_a_name_in_passing_is_not_the_organisation() -> None:
    letter = document(
        (PARAGRAPH, "Mrs Ada Hill\n4 Pine Street"),
        (PARAGRAPH, "We have asked Marsh & Oakley LLP and Harbour Freight GmbH for offers."),
    )
    assert facts_of(letter, file_name="letter.pdf").organisation == ""


def test_headers_and_copyright_lines_speak_for_a_name() -> None:
    manual = document(
        (HEADER, "Lindqvist Pumpar AB"),
        (TITLE, "Bruksanvisning P-40"),
        (PARAGRAPH, "© 2021 Lindqvist Pumpar AB. Contact Harbour Freight GmbH for parts."),
    )
    facts = facts_of(manual, file_name="p40.pdf", profile=None)
    assert (facts.organisation, facts.kind) == ("Lindqvist Pumpar AB", "manual")


def test_a_title_needs_a_second_witness() -> None:
    elements = ((TITLE, "Salt in Unheated Rooms"), (PARAGRAPH, "text"))
    alone = facts_of(document(*elements), file_name="2303-11.pdf")
    agreed = facts_of(document(*elements, declared="Salt in unheated rooms"), file_name="2303-11.pdf")
    by_name = facts_of(document(*elements), file_name="salt_in_unheated_rooms.pdf")
    letterhead = facts_of(
        document((TITLE, "COUNTY OFFICE OF RECORDS"), declared="COUNTY OFFICE OF RECORDS"), file_name="b7.pdf"
    )
    assert [facts.title for facts in (alone, agreed, by_name, letterhead)] == [
        "2303-11",
        "Salt in Unheated Rooms",
        "Salt in Unheated Rooms",
        "b7",
    ]


def test_what_a_reader_does_not_see_counts_for_nothing() -> None:
    seen = document((HEADING, "Invoice 4711"), (PARAGRAPH, "text"))
    hidden = replace(seen, elements=tuple(replace(e, flags=(Flag.INVISIBLE,)) for e in seen.elements))
    assert facts_of(hidden, file_name="a.pdf") == DocumentFacts(title="a")


def test_a_profile_names_kinds_periods_and_organisations() -> None:
    profile = Profile(
        name="registers",
        document_kinds=(NamedThing(name="7-A annual register report", aliases=("7-A",)),),
        period_patterns=("campaign {year}",),
        organisations=(NamedThing(name="Hollow Creek", aliases=("HCPM",)),),
    )
    facts = facts_of(REPORT, file_name="HCPM_7A.pdf", profile=profile)
    assert (facts.kind, facts.organisation) == ("7-A annual register report", "Hollow Creek")
    survey = document((HEADING, "Campaign 2020"))
    assert facts_of(survey, file_name="s.pdf", profile=profile).periods == ("2020",)
    assert facts_of(survey, file_name="s.pdf").periods == ()


def test_general_kinds_are_told_apart() -> None:
    names = [kind.name for kind in general_kinds()]
    phrases = [phrase.casefold() for kind in general_kinds() for phrase in kind.aliases]
    assert len(set(names)) == len(names)
    assert len(set(phrases)) == len(phrases)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300) | st.sampled_from(
    ["© 20 Inc.", "(Inc. Inc. Inc.", "for the year ended", "Q5 2023-99-99", "A" * 5000, "& Co. KG", "\t\n\t", "{year}"]
)


@settings(max_examples=150, deadline=None)
@given(
    elements=st.lists(st.tuples(st.sampled_from([TITLE, HEADING, PARAGRAPH, HEADER]), TEXTS), max_size=8),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80),
    declared=st.none() | TEXTS,
)
def test_no_document_breaks_it_and_the_line_stays_short(
    elements: list[tuple[ElementKind, str]], name: str, declared: str | None
) -> None:
    made = document(*elements, declared=declared)
    facts = facts_of(made, file_name=name)
    assert facts == facts_of(made, file_name=name)
    assert len(facts.line()) <= MAX_LINE
    assert "\n" not in facts.line()
    assert len(facts.periods) <= 4
    assert "".join(name_words(name)) == "" or facts.title


def test_a_page_of_capitals_is_read_in_no_time() -> None:
    """A pattern for names must not try every way to cut a long run of words; this would not end otherwise."""
    run = " ".join(["AAAA BBBB & CCCC"] * 4000)
    assert facts_of(document((PARAGRAPH, run), (HEADING, run)), file_name="a" * 400).organisation == ""
