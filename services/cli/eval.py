"""`sourcespan eval`: `run` (also without its name), `list`, `show`, `compare`, `delete`, `beir`, `trec`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.gate import Gate, read_gate
from retrieval.evaluation.outcomes import DECIDING, Comparison, Outcome, compare
from retrieval.evaluation.questions import Question, read_questions
from services.cli import eval_sets
from services.cli.connection import client_of
from services.cli.eval_output import print_ablation, print_comparison, print_evaluations, print_summary
from services.cli.eval_run import (
    Finished,
    Setup,
    both,
    comparison_document,
    end,
    evaluate,
    readable,
    write_document,
    write_run,
)
from services.cli.options import AsJson, DataDir, Key, Url, Yes
from services.cli.output import err, out, plain, print_fields, print_json
from services.client import Client, Json
from services.evaluation.ablation import variants
from services.evaluation.asking import unknown_documents
from services.evaluation.options import Options, laid_over, read_options
from services.evaluation.record import outcomes_in, summary_in
from services.failures import Failure

_STORED = "evl_"
_NAMED = 5


class _RunByDefault(TyperGroup):
    """`sourcespan eval questions.jsonl` is `sourcespan eval run questions.jsonl`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


app = typer.Typer(
    cls=_RunByDefault,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Measure retrieval with a question set: `sourcespan eval QUESTIONS`; compare runs, and keep what came out.",
)
app.command("beir")(eval_sets.beir)
app.command("trec")(eval_sets.trec)

EvaluationId = Annotated[str, typer.Argument(metavar="ID", help="As `eval list` shows it.")]


@app.command("run")
def run(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS", help="JSONL: {id, query, gold, type} a line.")],
    collection: eval_sets.Collections = None,
    request: eval_sets.Request = None,
    compare_with: Annotated[
        str | None,
        typer.Option(
            "--compare", help="A second request (JSON or file), or a stored evaluation's id as what was before."
        ),
    ] = None,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also ask without each list and stage.")] = False,
    gate: Annotated[Path | None, typer.Option("--gate", help="YAML with scores to reach; exit 1 below.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What it is stored under [the file's name].")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N questions.")] = None,
    clients: eval_sets.Clients = 1,
    store: eval_sets.Store = True,
    out_file: Annotated[Path | None, typer.Option("--out", help="Write everything there as JSON.")] = None,
    run_file: eval_sets.RunFile = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Ask every question and measure what comes back. Ctrl-C keeps what was asked until then."""
    asked, required = _read(questions, limit, gate)
    options = read_options(request, "--request") if request is not None else {}
    with client_of(url, key, data_dir) as client:
        setup = Setup(
            client=client, questions=asked, file=questions, collections=collection, clients=clients, store=store
        )
        before, second = _before(client, compare_with)
        _warn_of_unknown_documents(setup)
        runs = _run_both(setup, options, second, name or questions.stem)
        comparison = _compared(runs, before)
        parts = _ablate(setup, runs[0]) if ablate and runs[-1].asked.stopped is None else []
    if run_file is not None:
        write_run(run_file, runs[0].asked.results)
    document = _document(runs, comparison, parts, required)
    if out_file is not None:
        write_document(out_file, document)
    if as_json:
        print_json(document)
    else:
        _print(runs, comparison, parts, {question.id: question.query for question in asked})
    end(runs, required)


@app.command("list")
def list_evaluations(
    limit: Annotated[int, typer.Option(help="How many at most, newest first.", min=1)] = 50,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List stored evaluations, newest first."""
    with client_of(url, key, data_dir) as client:
        found = list(islice(client.evaluations(), limit))
    print_json(found) if as_json else print_evaluations(found)


@app.command("show")
def show_evaluation(
    evaluation_id: EvaluationId, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Show a stored evaluation."""
    with client_of(url, key, data_dir) as client:
        record = client.evaluation(evaluation_id)
    if as_json:
        print_json(record)
        return
    print_fields(
        [
            ("evaluation", record["id"]),
            ("name", record["name"] + ("" if record["complete"] else " (stopped early)")),
            ("collections", ", ".join(record["collections"] or ["all"])),
            ("questions of", f"{record['question_set']['name']}  (sha256 {record['question_set']['sha256'][:12]})"),
            ("request", record["request"]),
            ("index", record["index_version"]),
            ("when (UTC)", record["created_at"]),
        ]
    )
    out.print()
    print_summary(summary_in(record))


@app.command("compare")
def compare_evaluations(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Id of a stored evaluation.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Id of another on the same questions.")],
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare two stored evaluations question by question, with paired tests."""
    with client_of(url, key, data_dir) as client:
        records = [client.evaluation(before), client.evaluation(after)]
    if records[0]["question_set"]["sha256"] != records[1]["question_set"]["sha256"]:
        err.print(plain("The two were asked with different files of questions; questions are matched by id.", "yellow"))
    comparison = compare(*(outcomes_in(record) for record in records))
    if as_json:
        print_json(comparison_document(comparison))
    else:
        print_comparison(comparison)


@app.command("delete")
def delete_evaluation(
    evaluation_id: EvaluationId,
    yes: Yes = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete a stored evaluation."""
    if not yes:
        typer.confirm(f"Delete the evaluation {evaluation_id}?", abort=True, err=True)
    with client_of(url, key, data_dir) as client:
        client.delete_evaluation(evaluation_id)
    print_json({"deleted": evaluation_id}) if as_json else out.print(plain(f"Deleted {evaluation_id}."))


def _read(questions: Path, limit: int | None, gate: Path | None) -> tuple[list[Question], Gate | None]:
    try:
        return read_questions(questions)[:limit], None if gate is None else read_gate(gate)
    except UnreadableSet as error:
        raise readable(error) from None


def _before(client: Client, given: str | None) -> tuple[list[Outcome] | None, Options | None]:
    """What `--compare` gave: the outcomes of a stored evaluation, or the options of a second request."""
    if given is None:
        return None, None
    if given.startswith(_STORED):
        return outcomes_in(client.evaluation(given)), None
    return None, read_options(given, "--compare")


def _run_both(setup: Setup, options: Options, second: Options | None, name: str) -> list[Finished]:
    """One run, or two where there is a second configuration and the first was not stopped."""
    runs = [evaluate(setup, options, name)]
    if second is not None and runs[0].asked.stopped is None:
        runs.append(evaluate(setup, second, f"{name} (compared)"))
    return runs


def _compared(runs: Sequence[Finished], before: Sequence[Outcome] | None) -> Comparison | None:
    if len(runs) == 2:
        return both(runs[0], runs[1])
    return None if before is None else compare(before, runs[0].outcomes)


def _warn_of_unknown_documents(setup: Setup) -> None:
    """A gold document that is not there can never be found: most often a name that is spelt differently."""
    missing = sorted(unknown_documents(setup.client, setup.questions, setup.collections))
    if missing:
        shown = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
        err.print(plain(f"{len(missing)} gold documents are not in what is searched: {shown}", "yellow"))


def _ablate(setup: Setup, whole: Finished) -> list[tuple[str, Comparison]]:
    """The evaluation without each part, against the whole; these runs are not stored. A part without which nothing
    is left to rank by is told and passed over."""
    bare = Setup(
        client=setup.client,
        questions=setup.questions,
        file=setup.file,
        collections=setup.collections,
        clients=setup.clients,
        store=False,
    )
    parts = []
    for variant in variants(setup.client.description(), whole.options):
        try:
            without = evaluate(bare, laid_over(whole.options, variant.options), variant.name)
        except Failure as refused:
            err.print(plain(f"{variant.name}: {refused}", "yellow"))
            continue
        if without.asked.stopped is not None:
            break
        parts.append((variant.name.removeprefix("without "), both(whole, without)))
    return parts


def _document(
    runs: Sequence[Finished], comparison: Comparison | None, parts: list[tuple[str, Comparison]], gate: Gate | None
) -> Json:
    document: Json = runs[0].document()
    if len(runs) == 2:
        document["compared"] = runs[1].document()
    if comparison is not None:
        document["comparison"] = comparison_document(comparison)
    if parts:
        document["ablation"] = {name: comparison_document(part) for name, part in parts}
    if gate is not None:
        document["gate"] = {"shortfalls": gate.shortfalls(runs[-1].summary)}
    return document


def _print(
    runs: Sequence[Finished],
    comparison: Comparison | None,
    parts: list[tuple[str, Comparison]],
    texts: dict[str, str],
) -> None:
    print_summary(runs[-1].summary)
    if comparison is not None:
        out.print()
        print_comparison(comparison, texts)
    if parts:
        out.print()
        print_ablation(parts, [name for name in (*DECIDING, "span@5") if name in runs[0].summary.overall])
    for done in runs:
        if done.id is not None:
            out.print(plain(f"Stored as {done.id}.", "dim"))
