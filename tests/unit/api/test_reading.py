"""From a document to its pages, and from a citation to the place it was printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingestion.model import DocumentRecord
from parsers.errors import LimitExceeded, ParserCrashed
from parsers.model import ImageReference
from retrieval.citations import citation_id
from retrieval.model import PassageImage
from services.api.app import ApiParts
from tests.unit.api.fakes import PARSE_ID, PDF, PNG, make_document, make_result
from tests.unit.api.test_uploads import kind, upload


class Live:
    """A document that is live with `make_document` as its parse."""

    def __init__(self, client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uploaded = upload(client, ("2024/annual report.pdf", PDF)).json()["accepted"][0]["document"]
        self.id = self.uploaded["id"]
        self.parse = make_document(self.uploaded["sha256"])
        self.live_parse_id = PARSE_ID
        parts.artefacts.documents["default", PARSE_ID] = self.parse  # type: ignore[attr-defined]
        get = parts.catalog.documents.get
        version = parts.catalog.documents.versions("default", self.id)[0]

        def published(tenant: str, document_id: str, as_of: datetime | None = None) -> DocumentRecord:
            record = get(tenant, document_id, as_of)
            return replace(record, live_parse_id=self.live_parse_id, live_sha256=record.sha256)

        def version_of_parse(tenant: str, document_id: str, parse_id: str) -> Any:
            get(tenant, document_id)
            if parse_id != PARSE_ID or document_id != self.id:
                from ingestion.errors import DocumentNotFound

                raise DocumentNotFound(document_id)
            return version

        monkeypatch.setattr(parts.catalog.documents, "get", published)
        monkeypatch.setattr(parts.catalog.documents, "version_of_parse", version_of_parse)


@pytest.fixture
def live(client: TestClient, parts: ApiParts, monkeypatch: pytest.MonkeyPatch) -> Live:
    return Live(client, parts, monkeypatch)


def test_a_page_has_its_text_and_its_part_of_each_element(client: TestClient, live: Live) -> None:
    first, second = (client.get(f"/v1/documents/{live.id}/pages/{number}").json() for number in (1, 2))
    assert first["text"] == "Results\n\nSales rose in the first half"
    assert second["text"] == "and fell later.\n\nYear\t2024"
    assert (first["version"], first["parse_id"], first["page_count"]) == (live.uploaded["sha256"], PARSE_ID, 2)
    assert first["page"] == {
        "number": 1,
        "width": 612,
        "height": 792,
        "rotation": 0,
        "text_source": "text_layer",
        "name": None,
    }
    assert [element["id"] for element in first["elements"]] == ["el_1", "el_2"]
    paragraph, table = second["elements"]
    assert (paragraph["id"], paragraph["bbox"], paragraph["boxes"]) == ("el_2", [72, 72, 300, 84], [[72, 72, 300, 84]])
    assert [(cell["row"], cell["column"], cell["text"]) for cell in table["table"]["cells"]] == [
        (0, 0, "Year"),
        (0, 1, "2024"),
    ]
    for page in (first, second):
        for element in page["elements"]:
            assert live.parse.text[element["start"] : element["end"]] == element["text"]


def test_a_page_that_is_not_there(client: TestClient, live: Live) -> None:
    answer = client.get(f"/v1/documents/{live.id}/pages/3")
    assert (answer.status_code, kind(answer.json())) == (404, "unknown-page")
    assert "has 2" in answer.json()["detail"]


def test_a_document_that_was_not_read_yet(client: TestClient) -> None:
    accepted = upload(client, ("a.pdf", PDF)).json()["accepted"][0]
    answer = client.get(f"/v1/documents/{accepted['document']['id']}/pages/1")
    assert (answer.status_code, kind(answer.json())) == (409, "document-not-ready")
    assert answer.json()["job_id"] == accepted["job"]["id"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/image?boxes=72,90,310,104;1,2,3,4", {}),
        ("?format=png&boxes=72,90,310,104;1,2,3,4", {}),
        ("?boxes=72,90,310,104;1,2,3,4", {"Accept": "image/png"}),
    ],
)
def test_the_picture_of_a_page(
    client: TestClient, parts: ApiParts, live: Live, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(f"/v1/documents/{live.id}/pages/2{path}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", PNG)
    assert parts.renderer.drawn == [  # type: ignore[attr-defined]
        {
            "path": parts.blobs.path(live.uploaded["sha256"]),
            "page": 2,
            "boxes": ((72.0, 90.0, 310.0, 104.0), (1.0, 2.0, 3.0, 4.0)),
            "dpi": 110,
            "media_type": "application/pdf",
        }
    ]


def test_json_is_what_a_client_gets_that_takes_both(client: TestClient, live: Live) -> None:
    for accept in ("*/*", "image/png, application/json", "text/html"):
        answer = client.get(f"/v1/documents/{live.id}/pages/1", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("boxes", ["1,2,3", "a,b,c,d", "1,2,3,nan", "5,2,3,4", "1,9,3,4", "1,2,3,4;" * 501])
def test_boxes_that_are_none(client: TestClient, live: Live, boxes: str) -> None:
    answer = client.get(f"/v1/documents/{live.id}/pages/1/image", params={"boxes": boxes})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "boxes")


@pytest.mark.parametrize("dpi", ["0", "10000", "many"])
def test_dots_per_inch_have_limits(client: TestClient, live: Live, dpi: str) -> None:
    answer = client.get(f"/v1/documents/{live.id}/pages/1/image", params={"dpi": dpi})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "dpi")


@pytest.mark.parametrize(
    ("error", "problem"), [(LimitExceeded("Too long."), "limit-exceeded"), (ParserCrashed("Crash."), "parser-crashed")]
)
def test_a_page_that_cannot_be_drawn(
    client: TestClient, parts: ApiParts, live: Live, error: Exception, problem: str
) -> None:
    parts.renderer.error = error  # type: ignore[attr-defined]
    answer = client.get(f"/v1/documents/{live.id}/pages/1/image")
    assert (answer.status_code, kind(answer.json())) == (422, problem)


def cite(live: Live, start: int = 9, end: int = 54, parse_id: str = PARSE_ID) -> str:
    return citation_id(live.id, parse_id, start, end)


def test_a_citation_leads_down_to_the_bytes(client: TestClient, live: Live) -> None:
    citation = cite(live)
    answer = client.get(f"/v1/citations/{citation}").json()
    assert (answer["citation_id"], answer["state"]) == (citation, "valid")
    assert answer["quote"] == live.parse.text[9:54] == "Sales rose in the first half\nand fell later.\n"
    assert [(span["page"], span["quote"]) for span in answer["spans"]] == [
        (1, "Sales rose in the first half"),
        (2, "and fell later."),
    ]
    lineage = answer["lineage"]
    assert lineage["citation_id"] == citation
    assert [element["id"] for element in lineage["elements"]] == ["el_2"]
    assert lineage["elements"][0]["reason"] == "the page has a text layer"
    assert lineage["pages"] == [1, 2]
    assert lineage["parse"] == {"id": PARSE_ID, "producer": "sourcespan-test 1", "policy": "fast"}
    assert lineage["version"]["sha256"] == live.uploaded["sha256"]
    assert lineage["document"]["id"] == live.id
    assert [image["page"] for image in answer["images"]] == [1, 2]
    assert client.get(answer["images"][1]["href"]).content == PNG


def test_a_citation_of_an_earlier_reading_says_so_and_still_shows_it(client: TestClient, live: Live) -> None:
    live.live_parse_id = "prs_" + "e" * 24
    answer = client.get(f"/v1/citations/{cite(live)}").json()
    assert (answer["state"], answer["quote"]) == ("superseded", live.parse.text[9:54])


def test_the_picture_of_a_citation_has_its_boxes(client: TestClient, parts: ApiParts, live: Live) -> None:
    for path, headers in (("/image", {}), ("", {"Accept": "image/png"}), ("/image?page=2", {})):
        answer = client.get(f"/v1/citations/{cite(live)}{path}", headers=headers)
        assert answer.content == PNG
    drawn = parts.renderer.drawn  # type: ignore[attr-defined]
    assert [(image["page"], image["boxes"]) for image in drawn] == [
        (1, ((72, 700, 400, 712),)),
        (1, ((72, 700, 400, 712),)),
        (2, ((72, 72, 300, 84),)),
    ]


def test_a_citation_is_drawn_on_its_own_pages_only(client: TestClient, live: Live) -> None:
    answer = client.get(f"/v1/citations/{cite(live, 9, 20)}/image", params={"page": 2})
    assert (answer.status_code, kind(answer.json())) == (404, "unknown-page")


def test_a_deletion_gives_a_receipt_that_stays(client: TestClient, live: Live) -> None:
    answer = client.delete(f"/v1/documents/{live.id}")
    receipt = answer.json()
    assert (receipt["state"], receipt["completed_at"]) == ("pending", None)
    assert [document["document_id"] for document in receipt["documents"]] == [live.id]
    assert client.get(answer.headers["Location"]).json() == receipt
    assert kind(client.get("/v1/deletions/del_unknown").json()) == "unknown-deletion"


def test_a_deleted_document_has_no_citations_pages_or_bytes(client: TestClient, live: Live) -> None:
    assert client.delete(f"/v1/documents/{live.id}").status_code == 200
    for path in (
        f"/v1/citations/{cite(live)}",
        f"/v1/citations/{cite(live)}/image",
        f"/v1/documents/{live.id}",
        f"/v1/documents/{live.id}/content",
        f"/v1/documents/{live.id}/pages/1",
        f"/v1/documents/{live.id}/pages/1/image",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "Sales" not in answer.text
    assert client.delete(f"/v1/documents/{live.id}").status_code == 404


def test_a_citation_cannot_borrow_the_parse_of_another_document(client: TestClient, live: Live) -> None:
    other = upload(client, ("other.pdf", PDF + b"2")).json()["accepted"][0]["document"]
    forged = citation_id(other["id"], PARSE_ID, 0, 7)
    assert client.get(f"/v1/citations/{forged}").status_code == 404


@pytest.mark.parametrize(("start", "end"), [(0, 10_000), (7, 8)])
def test_a_citation_of_nothing(client: TestClient, live: Live, start: int, end: int) -> None:
    answer = client.get(f"/v1/citations/{cite(live, start, end)}")
    assert (answer.status_code, kind(answer.json())) == (404, "unknown-citation")


def test_another_tenant_has_no_such_citation(client: TestClient, live: Live, key: Any) -> None:
    answer = client.get(f"/v1/citations/{cite(live)}", headers=key("admin", tenant="other"))
    assert (answer.status_code, kind(answer.json())) == (404, "unknown-citation")


def test_the_original_bytes_are_an_attachment_that_no_browser_runs(client: TestClient, live: Live) -> None:
    answer = client.get(f"/v1/documents/{live.id}/content")
    assert (answer.status_code, answer.content) == (200, PDF)
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment")
    assert "annual%20report.pdf" in disposition
    assert "2024" not in disposition
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_bytes_that_are_gone_are_said_to_be_gone(client: TestClient, parts: ApiParts, live: Live) -> None:
    Path(parts.blobs.path(live.uploaded["sha256"])).unlink()
    for path in ("content", "pages/1/image"):
        answer = client.get(f"/v1/documents/{live.id}/{path}")
        assert (answer.status_code, kind(answer.json())) == (410, "content-missing")


def test_listings_go_on_where_they_stopped(client: TestClient) -> None:
    for number in range(5):
        upload(client, (f"{number}.pdf", PDF))
    for path in ("/v1/documents", "/v1/jobs"):
        whole = client.get(path, params={"collection": "demo"}).json()
        assert (len(whole["items"]), whole["next"]) == (5, None)
        seen: list[str] = []
        after = None
        while True:
            page = client.get(path, params={"limit": 2} | ({"after": after} if after else {})).json()
            assert len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            if (after := page["next"]) is None:
                break
        assert seen == [item["id"] for item in whole["items"]]


def test_a_deleted_collection_takes_its_documents_along(client: TestClient) -> None:
    document = upload(client, ("a.pdf", PDF)).json()["accepted"][0]["document"]
    assert client.get("/v1/collections/demo").json()["document_count"] == 1
    assert client.delete("/v1/collections/demo").status_code == 204
    assert client.get(f"/v1/documents/{document['id']}").status_code == 404
    assert client.get("/v1/collections/demo").status_code == 404


def keep_figure(live: Live, parts: ApiParts, media_type: str) -> str:
    """Give the first element of the live parse a picture; its address."""
    sha256 = "f" * 64
    image = ImageReference(sha256=sha256, media_type=media_type, width=2, height=3)
    first = replace(live.parse.elements[0], image=image)
    parse = replace(live.parse, elements=(first, *live.parse.elements[1:]))
    parts.artefacts.documents["default", PARSE_ID] = parse  # type: ignore[attr-defined]
    parts.artefacts.images["default", PARSE_ID, sha256] = PNG  # type: ignore[attr-defined]
    return f"/v1/documents/{live.id}/figures/{first.id}"


@pytest.mark.parametrize(
    ("media_type", "sent", "disposition"),
    [("image/png", "image/png", "inline"), ("image/svg+xml", "application/octet-stream", "attachment")],
)
def test_the_picture_of_a_figure(
    client: TestClient, parts: ApiParts, live: Live, media_type: str, sent: str, disposition: str
) -> None:
    address = keep_figure(live, parts, media_type)
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, sent, PNG)
    assert answer.headers["content-disposition"] == disposition
    assert "sandbox" in answer.headers["content-security-policy"]
    page = client.get(f"/v1/documents/{live.id}/pages/1").json()
    assert page["elements"][0]["figure"]["href"].startswith(address)
    assert client.get(page["elements"][0]["figure"]["href"]).content == PNG


def test_what_is_no_figure_has_no_picture(client: TestClient, parts: ApiParts, live: Live) -> None:
    address = keep_figure(live, parts, "image/png")
    for other in (f"{address}x", f"/v1/documents/{live.id}/figures/el_2", f"{address}?parse=prs_{'9' * 24}"):
        answer = client.get(other)
        assert (answer.status_code, kind(answer.json())) == (404, "unknown-figure")
    assert client.delete(f"/v1/documents/{live.id}").status_code == 200
    assert client.get(address).status_code == 404


def test_figures_of_a_passage_come_where_they_are_asked_for(client: TestClient, parts: ApiParts) -> None:
    result = make_result(make_document())
    image = PassageImage(
        element_id="el_9", page=1, page_size=(612, 792), bbox=(1, 2, 3, 4), media_type="image/png", width=20, height=10
    )
    parts.retriever.result = replace(result, results=(replace(result.results[0], images=(image,)),))  # type: ignore[attr-defined]
    answer = client.post("/v1/retrieve", json={"query": "q", "include": ["images"]})
    assert answer.status_code == 200
    (found,) = answer.json()["results"][0]["images"]
    passage = answer.json()["results"][0]
    assert (found["bbox"], found["page_size"], found["width"]) == ([1, 2, 3, 4], [612, 792], 20)
    assert found["href"] == (
        f"/v1/documents/{passage['document']['id']}/figures/el_9?parse={passage['lineage']['parse_id']}"
    )
