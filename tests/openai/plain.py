"""A vector store with one file, made by plain HTTP: for clients that make none themselves."""

import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "infra" / "local"))

from api import Api


class V1(Api):
    """The API at a client's base URL, with its key."""

    def __init__(self, url: str, key: str):
        super().__init__(url)
        self.bearer = {"Authorization": f"Bearer {key}"}

    def _send(self, method: str, path: str, body: bytes | None, headers: dict) -> dict:
        return super()._send(method, path, body, {**headers, **self.bearer})


class Lamp:
    """A file about a lamp that no other file is about, in a vector store of its own."""

    def __init__(self, url: str, key: str):
        api = V1(url, key)
        mark = secrets.token_hex(6)
        self.name = f"lamp-{mark}.txt"
        self.question = f"How is the {mark} lamp switched on?"
        self.fact = "red button"
        self.next = f"How long does the {mark} lamp last?"
        text = f"The {mark} lamp is switched on with the {self.fact}. It lasts ten years."
        part = (self.name, "text/plain", text.encode())
        self.file = api.post_form("/files", {"purpose": "assistants"}, part)["id"]
        self.store = api.post("/vector_stores", {"name": mark, "file_ids": [self.file]})["id"]
        deadline = time.monotonic() + 120
        path = f"/vector_stores/{self.store}/files/{self.file}"
        while (status := api.get(path)["status"]) == "in_progress":
            assert time.monotonic() < deadline, "the file is not processed"
            time.sleep(0.5)
        assert status == "completed", status
        self.embedding_model = api.get("/models")["data"][-1]["id"]


def same(one: list[float], other: list[float]) -> bool:
    """Whether two embeddings are equal, but for how they were written."""
    return len(one) == len(other) > 100 and all(
        abs(x - y) < 1e-6 for x, y in zip(one, other, strict=True)
    )
