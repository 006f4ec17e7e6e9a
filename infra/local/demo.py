"""The demo: three documents go in by three ways, two searches and an answer come out."""

import textwrap
import time
from pathlib import Path

from api import Api, form, send
from state import CHECKOUT
from ui import StackError, say

FOLDER = CHECKOUT / "demo"
PDF = FOLDER / "lumen-kettle-manual.pdf"
PAGE = FOLDER / "lumen-kettle-support.html"
MARKDOWN = FOLDER / "lumen-kettle-release-notes.md"
ASKED = "How long is the warranty?"
QUESTIONS = (
    "How do I get rid of limescale in the kettle?",
    "Which temperature should I choose for green tea?",
)
DONE = ("completed", "failed", "needs_action")
PATIENCE = 180


def run(url: str, account: dict) -> None:
    """Ingests the three documents as the demo customer, follows them, and asks.

    Raises StackError with the API's problem document, or the document's code, when anything fails.
    """
    session = Api(url).post(
        "/api/auth/login", {"email": account["email"], "password": account["password"]}
    )
    if "accessToken" not in session:
        raise StackError("the login answered without an access token")
    say(f"==> signed in as {account['email']}")
    api = Api(url, account["apiKey"])
    began = time.monotonic()
    documents = [
        (PDF.name, "presigned upload", _presigned(api, PDF)),
        (PAGE.name, "multipart upload", _multipart(api, PAGE)),
        (MARKDOWN.name, "JSON text", _text(api, MARKDOWN)),
    ]
    for name, way, document in documents:
        say(f"    {name}: {way}, document {document}")
    say("==> waiting for the documents")
    _follow(api, {document: name for name, _, document in documents})
    say(f"    all are searchable after {time.monotonic() - began:.1f} s")
    for question in QUESTIONS:
        _ask(api, question)
    _chat(api, ASKED)


def _presigned(api: Api, path: Path) -> str:
    """Asks for a presigned POST, sends the file to S3 with it, and returns the document's id."""
    data = path.read_bytes()
    upload = api.post(
        "/api/ingest/presigned-url",
        {
            "fileName": path.name,
            "title": "Lumen kettle, the manual",
            "contentType": "application/pdf",
            "size": len(data),
        },
    )
    body, content_type = form(upload["fields"], (path.name, "application/pdf", data))
    status, answer = send("POST", upload["url"], body, {"Content-Type": content_type})
    if not 200 <= status < 300:
        raise StackError(f"S3 refused the upload with {status}:\n{answer.decode(errors='replace')}")
    return upload["docId"]


def _multipart(api: Api, path: Path) -> str:
    file = (path.name, "text/html", path.read_bytes())
    return api.post_form("/api/ingest/file", {"title": "Lumen kettle, help page"}, file)["docId"]


def _text(api: Api, path: Path) -> str:
    body = {
        "title": "Lumen kettle, release notes",
        "content": path.read_text(),
        "contentType": "text/markdown",
    }
    return api.post("/api/ingest/document", body)["docId"]


def _follow(api: Api, names: dict[str, str]) -> None:
    """Prints each change of status until every document is completed; StackError on another end."""
    seen: dict[str, str] = {}
    deadline = time.monotonic() + PATIENCE
    open_documents = dict(names)
    while open_documents:
        for document, name in list(open_documents.items()):
            status = api.get(f"/api/documents/{document}/status")
            stage = f" ({status['stage']})" if status.get("stage") else ""
            now = status["status"] + stage
            if seen.get(document) != now:
                say(f"    {name}: {now}")
                seen[document] = now
            if status["status"] in DONE:
                del open_documents[document]
                if status["status"] != "completed":
                    raise StackError(f"{name} ended as {now}, code {status.get('code')}: {status}")
        if open_documents and time.monotonic() > deadline:
            raise StackError(f"not done after {PATIENCE} s: {', '.join(open_documents.values())}")
        if open_documents:
            time.sleep(0.3)


def _ask(api: Api, question: str) -> None:
    say(f'==> "{question}"')
    answer = api.post("/search", {"query": question, "topK": 3, "mode": "hybrid"})
    if not answer["results"]:
        raise StackError("the search found nothing")
    for rank, hit in enumerate(answer["results"], 1):
        page = f", page {hit['page']}" if hit.get("page") else ""
        say(f"    {rank}. {hit['title']}{page}, score {hit['score']:.3f}")
        passage = " ".join(hit["text"].split())
        say(textwrap.indent(textwrap.fill(textwrap.shorten(passage, 260), 88), "         "))
    if "tookMs" in answer:
        say(f"    ({answer['tookMs']} ms in the function)")


def _chat(api: Api, question: str) -> None:
    """Asks a question, and checks that each citation is the text of its version."""
    say(f'==> "{question}", answered')
    models = api.get("/api/customers/chat-models")["items"]
    model = next((model["id"] for model in models if model["platform"]), "extractive")
    answer = api.post("/api/chat", {"message": question, "model": model})
    if answer["status"] != "answered":
        raise StackError(f"no answer: {answer['answer']}")
    text = " ".join(answer["answer"].split())
    say(textwrap.indent(textwrap.fill(text, 88), "    "))
    verdicts = [sentence["verdict"] for sentence in answer["sentences"]]
    say(f"    by {answer['model']}; its sentences are {', '.join(verdicts)}")
    for citation in answer["citations"]:
        start, end = citation["charSpan"]
        span = f"version={citation['version']}&offset={start}&limit={end - start}"
        content = api.get(f"/api/documents/{citation['documentId']}/content?{span}")
        if content["text"] != citation["quote"]:
            raise StackError(f"the citation differs from its document: {citation}")
        quote = textwrap.shorten(" ".join(citation["quote"].split()), 100)
        say(f"    [{citation['source']}] {citation['title']}, characters {start} to {end}: {quote}")
