"""The pipeline to compare with: LangChain, PyMuPDF, tiktoken and lancedb, as people put them together.

    reference.py URL-OF-THE-STUB

One process that reads its orders from stdin, a line of JSON each, and answers on stdout. For each
document: get the file from S3, read it, cut it (recursive, 1000 characters, 200 of them shared), count
each piece's tokens, ask for all vectors of the document at once, append to the LanceDB table on S3.
What is slower with LangChain's defaults is set to the faster way: no second tokenization in
OpenAIEmbeddings, base64 vectors, lancedb's own API, no copies of files on disk.
"""

import email
import email.policy
import io
import json
import os
import sys
import time
import zipfile
from collections import Counter

# Libraries print; the answers need a line of their own.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import boto3
import lancedb
import pymupdf
import tiktoken
import trafilatura
from bs4 import BeautifulSoup
from docx import Document as Docx
from langchain_community.document_loaders.parsers import PyMuPDFParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_openai import OpenAIEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from odf import teletype
from odf.opendocument import load as load_odt
from openpyxl import load_workbook
from pptx import Presentation
from striprtf.striprtf import rtf_to_text

MODEL, DIMENSIONS = "text-embedding-3-small", 1536
pymupdf.TOOLS.mupdf_display_errors(False)


def pdf(data: bytes) -> list[str]:
    """A text for each page."""
    blob = Blob.from_data(data, mime_type="application/pdf")
    return [page.page_content for page in PyMuPDFParser().lazy_parse(blob)]


def page(data: bytes) -> list[str]:
    """The main content, as ours gives it."""
    return [trafilatura.extract(data) or ""]


def whole_page(data: bytes) -> list[str]:
    """All text with menus and footers, as LangChain's BSHTMLLoader gives it."""
    return [BeautifulSoup(data, "lxml").get_text()]


def docx(data: bytes) -> list[str]:
    """Paragraphs, then tables."""
    document = Docx(io.BytesIO(data))
    lines = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        lines += ["\t".join(cell.text for cell in row.cells) for row in table.rows]
    return ["\n".join(lines)]


def pptx(data: bytes) -> list[str]:
    """A text for each slide."""
    slides = Presentation(io.BytesIO(data)).slides
    return [
        "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        for slide in slides
    ]


def xlsx(data: bytes) -> list[str]:
    """A text for each sheet."""
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return [
        "\n".join(
            "\t".join("" if value is None else str(value) for value in row)
            for row in sheet.iter_rows(values_only=True)
        )
        for sheet in book.worksheets
    ]


def odt(data: bytes) -> list[str]:
    """All text."""
    return [teletype.extractText(load_odt(io.BytesIO(data)).text)]


def rtf(data: bytes) -> list[str]:
    """All text."""
    return [rtf_to_text(data.decode("latin-1"), errors="ignore")]


def epub(data: bytes) -> list[str]:
    """A text for each chapter."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [n for n in archive.namelist() if n.endswith((".xhtml", ".html", ".htm"))]
        return [BeautifulSoup(archive.read(name), "lxml").get_text("\n") for name in names]


def eml(data: bytes) -> list[str]:
    """Subject and body."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    text = body.get_content() if body else ""
    if body and body.get_content_subtype() == "html":
        text = BeautifulSoup(text, "lxml").get_text("\n")
    return [f"{message['subject']}\n{text}"]


def plain(data: bytes) -> list[str]:
    """As it is."""
    return [data.decode("utf-8", errors="replace")]


READERS = {
    "pdf": pdf,
    "html": page,
    "docx": docx,
    "pptx": pptx,
    "xlsx": xlsx,
    "odt": odt,
    "rtf": rtf,
    "epub": epub,
    "eml": eml,
}


class Pipeline:
    """Everything that is made once."""

    def __init__(self, stub: str):
        self.splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self.tokens = tiktoken.get_encoding("cl100k_base")
        self.embeddings = OpenAIEmbeddings(
            model=MODEL,
            dimensions=DIMENSIONS,
            base_url=stub,
            api_key="none",
            check_embedding_ctx_length=False,
        )

    def run(self, order: dict) -> dict:
        """Ingests the files of an order into a new table."""
        keys = order["credentials"]
        s3 = boto3.client("s3", endpoint_url=order["endpoint"], **keys)
        database = lancedb.connect(
            f"s3://{order['vectors']}/{order['table']}",
            storage_options={
                "aws_endpoint": order["endpoint"],
                "allow_http": "true",
                "aws_region": keys["region_name"],
                "aws_access_key_id": keys["aws_access_key_id"],
                "aws_secret_access_key": keys["aws_secret_access_key"],
            },
        )
        self.table = None
        errors, chunks, tokens, spent = Counter(), 0, 0, Counter()
        began = time.perf_counter()
        for key in order["keys"]:
            try:
                made = self._document(database, s3, order["documents"], key, spent)
            except Exception as error:  # anything a library throws at a broken file
                errors[type(error).__name__] += 1
                continue
            chunks += made[0]
            tokens += made[1]
        seconds = time.perf_counter() - began
        return {
            "seconds": seconds,
            "chunks": chunks,
            "tokens": tokens,
            "errors": errors,
            "spent": spent,
        }

    def _document(self, database, s3, bucket: str, key: str, spent: Counter) -> tuple[int, int]:
        at = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal at
            now = time.perf_counter()
            spent[name] += now - at
            at = now

        data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        lap("get")
        read = READERS.get(key.rpartition(".")[2], plain)
        try:
            texts = read(data)
        finally:
            lap("extract")
        pages = [Document(page_content=t, metadata={"page": n}) for n, t in enumerate(texts)]
        pieces = [p for p in self.splitter.split_documents(pages) if p.page_content.strip()]
        lap("chunk")
        if not pieces:
            raise EmptyDocument
        counts = [
            len(self.tokens.encode(piece.page_content, disallowed_special=())) for piece in pieces
        ]
        lap("count")
        vectors = self.embeddings.embed_documents([piece.page_content for piece in pieces])
        lap("embed")
        rows = [
            {
                "vector": vector,
                "id": f"{key}#{number}",
                "document": key,
                "page": piece.metadata["page"],
                "text": piece.page_content,
                "tokens": count,
            }
            for number, (piece, count, vector) in enumerate(
                zip(pieces, counts, vectors, strict=True)
            )
        ]
        if self.table is None:
            self.table = database.create_table("chunks", rows)
        else:
            self.table.add(rows)
        lap("store")
        return len(rows), sum(counts)


class EmptyDocument(Exception):
    """A file without text."""


def main() -> None:
    """Serves orders until stdin ends."""
    stub, pages = sys.argv[1:]
    if pages == "beautifulsoup":
        READERS["html"] = whole_page
    pipeline = Pipeline(stub)
    print(json.dumps({"ready": True}), file=ANSWERS, flush=True)
    for line in sys.stdin:
        print(json.dumps(pipeline.run(json.loads(line))), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()
