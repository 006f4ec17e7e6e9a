"""The test collections: documents, queries, and which documents are relevant."""

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Collection:
    name: str
    language: str
    documents: list[str]
    # Of each document, where the text does not begin with it.
    titles: list[str]
    queries: list[str]
    # Of each query: the numbers of the relevant documents.
    relevant: list[set[int]]


def collections(data: Path) -> list[Collection]:
    """Every collection in a folder: XQuAD in any language, Cranfield, CACM."""
    found = [xquad(path) for path in sorted(data.glob("xquad.*.json"))]
    for queries in sorted(data.glob("*.queries.*.tsv")):
        name, _, part, _ = queries.name.split(".")
        found.append(trec(data, name, part))
    return found


def xquad(path: Path) -> Collection:
    """Questions, of which each belongs to one paragraph."""
    language = path.name.split(".")[1]
    numbers: dict[str, int] = {}
    titles, queries, relevant = [], [], []
    for article in json.loads(path.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            number = numbers.setdefault(paragraph["context"], len(numbers))
            if number == len(titles):
                titles.append(article["title"].replace("_", " "))
            for question in paragraph["qas"]:
                queries.append(question["question"])
                relevant.append({number})
    return Collection(f"xquad {language}", language, list(numbers), titles, queries, relevant)


def trec(data: Path, name: str, part: str) -> Collection:
    """Documents in tags, queries and judgements in columns; all in English."""
    content = (data / f"{name}.docs.xml").read_text(errors="replace")
    numbers, documents = {}, []
    for document in re.findall(r"<doc>(.*?)</doc>", content, re.DOTALL):
        fields = dict(re.findall(r"<(\w+)>(.*?)</\1>", document, re.DOTALL))
        text = fields.get("text", "").strip()
        title = fields.get("title", "").strip()
        # Most texts of Cranfield begin with their title.
        whole = text if text.startswith(title) else f"{title}\n{text}"
        if not whole.strip():
            continue
        numbers[fields["docno"].strip()] = len(documents)
        documents.append(whole)
    judged: dict[str, set[int]] = {}
    for line in (data / f"{name}.qrels.{part}.tsv").read_text().splitlines():
        query, _, document, grade = line.split("\t")
        if int(grade) > 0 and document in numbers:
            judged.setdefault(query, set()).add(numbers[document])
    queries, relevant = [], []
    for line in (data / f"{name}.queries.{part}.tsv").read_text().splitlines():
        query, text = line.split("\t", 1)
        if query in judged:
            queries.append(text)
            relevant.append(judged[query])
    return Collection(f"{name} {part}", "en", documents, [""] * len(documents), queries, relevant)
