"""How evaluations are printed: measures with their intervals, by type of question, and two runs beside each other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from retrieval.evaluation.intervals import Estimate, PairedDifference
from retrieval.evaluation.outcomes import Comparison, Summary
from services.cli.output import counted, err, out, plain, print_table
from services.client import Json
from services.evaluation.asking import Progress as Show

_BY_TYPE = ("hit@1", "hit@5", "hit@10", "mrr", "ndcg@10", "span@5")
_SIGNIFICANT = 0.05
_DIGITS = 4
_IDS_SHOWN = 20
_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def asking_shown(total: int, what: str) -> Iterator[Show]:
    """A progress bar on a terminal; elsewhere a line now and then."""
    if not err.is_terminal:
        told = time.monotonic()

        def say(done: int) -> None:
            nonlocal told
            if time.monotonic() - told >= _SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                err.print(plain(f"{what}: {done}/{total} questions"))

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        bar = bars.add_task(what, total=total)
        yield lambda done: bars.update(bar, completed=done)


def print_summary(summary: Summary) -> None:
    rows = [(name, *_estimate_row(estimate)) for name, estimate in summary.overall.items()]
    print_table(("measure", "mean", "95 % interval", "questions"), rows, "No question has a gold place to measure by.")
    if len(summary.by_type) > 1:
        out.print()
        _print_by_type(summary.by_type)
    out.print()
    out.print(plain(_answerability_text(summary)))
    if summary.latency is not None:
        latency = summary.latency
        parts = [f"round trip p50 {latency.round_trip_p50:.1f} ms, p95 {latency.round_trip_p95:.1f} ms"]
        if latency.service_p50 is not None and latency.service_p95 is not None:
            parts.append(f"in the service p50 {latency.service_p50:.1f} ms, p95 {latency.service_p95:.1f} ms")
        if latency.cpu_ms is not None:
            parts.append(f"CPU {latency.cpu_ms:.1f} ms a request")
        out.print(plain("Latency: " + "; ".join(parts) + "."))
    asked = f"{counted(summary.questions, 'question')}, {summary.answerable} answerable"
    failed = f", {counted(summary.failed, 'failed request')} counted as no hits" if summary.failed else ""
    out.print(plain(f"{asked}{failed}.", "red" if summary.failed else ""))


def _print_by_type(by_type: Mapping[str, Mapping[str, Estimate]]) -> None:
    names = [name for name in _BY_TYPE if any(name in group for group in by_type.values())]
    rows = [
        (kind, max(e.count for e in group.values()), *(f"{group[n].mean:.3f}" if n in group else "" for n in names))
        for kind, group in by_type.items()
    ]
    print_table(("type", "questions", *names), rows, "")


def _estimate_row(estimate: Estimate) -> tuple[object, ...]:
    return f"{estimate.mean:.4f}", f"{estimate.low:.3f} to {estimate.high:.3f}", estimate.count


def _answerability_text(summary: Summary) -> str:
    if summary.answerability is not None:
        area = summary.answerability
        return f"Answerability: area under the ROC curve {area.mean:.3f} ({area.low:.3f} to {area.high:.3f})."
    if summary.answerable in (0, summary.questions):
        return "Answerability: not measured; it needs questions with an answer and questions without."
    return "Answerability: not measured; the service gave no scores."


def print_comparison(comparison: Comparison, texts: Mapping[str, str] | None = None) -> None:
    """`texts`: what the questions say, where the asker has them."""
    rows = [(name, *_difference_row(difference)) for name, difference in comparison.differences.items()]
    columns = ("measure", "before", "after", "difference", "95 % interval", "p bootstrap", "p randomised", "questions")
    print_table(columns, rows, "The two runs have no question in common.")
    if comparison.left_out:
        out.print(plain(f"{counted(comparison.left_out, 'question')} only one of the runs has are left out.", "yellow"))
    for what, ids in (("Won", comparison.won), ("Lost", comparison.lost)):
        if ids:
            out.print(plain(f"{what} by {comparison.decided_by}: {counted(len(ids), 'question')}"))
            _print_ids(ids, texts or {})


def _print_ids(ids: Sequence[str], texts: Mapping[str, str]) -> None:
    for identity in ids[:_IDS_SHOWN]:
        out.print(plain(f"  {identity}  {texts.get(identity, '')}".rstrip()), soft_wrap=True)
    if len(ids) > _IDS_SHOWN:
        out.print(plain(f"  … and {len(ids) - _IDS_SHOWN} more (--json names all)"))


def _difference_row(difference: PairedDifference) -> tuple[object, ...]:
    sure = max(difference.p_bootstrap, difference.p_randomisation) < _SIGNIFICANT
    style = "" if not sure else "green" if difference.difference > 0 else "red"
    return (
        f"{difference.before:.4f}",
        f"{difference.after:.4f}",
        Text(f"{difference.difference:+.4f}", style),
        f"{difference.low:+.3f} to {difference.high:+.3f}",
        f"{difference.p_bootstrap:.4f}",
        f"{difference.p_randomisation:.4f}",
        difference.count,
    )


def print_ablation(parts: Sequence[tuple[str, Comparison]], measures: Sequence[str]) -> None:
    """What is lost without each part, so that what helps is positive. A star: both tests say p < .05."""
    rows = []
    for name, comparison in parts:
        row: list[object] = [name]
        for measure in measures:
            found = comparison.differences.get(measure)
            row.append("" if found is None else _contribution(found))
        rows.append((*row, len(comparison.lost), len(comparison.won)))
    print_table(("contribution of", *measures, "lost without", "won without"), rows, "There is nothing to switch off.")


def _contribution(difference: PairedDifference) -> str:
    sure = max(difference.p_bootstrap, difference.p_randomisation) < _SIGNIFICANT
    lost = round(-difference.difference, _DIGITS) + 0.0  # no minus before a zero
    return f"{lost:+.{_DIGITS}f}{'*' if sure else ''}"


def print_evaluations(found: Sequence[Json]) -> None:
    rows = []
    for item in found:
        overall = item["summary"]["overall"]
        shown = [f"{name} {overall[name]['mean']:.3f}" for name in ("hit@5", "ndcg@10", "mrr") if name in overall]
        rows.append(
            (
                item["id"],
                item["name"] + ("" if item["complete"] else " (stopped early)"),
                ", ".join(item["collections"] or ["all"]),
                item["question_set"]["name"],
                item["summary"]["questions"],
                ", ".join(shown),
                item["created_at"][:16].replace("T", " "),
            )
        )
    columns = ("evaluation", "name", "collections", "questions of", "asked", "measured", "when (UTC)")
    print_table(columns, rows, "No evaluation is stored.")
