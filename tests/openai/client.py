"""Every operation that is served, called with openai-python; run.py says how.

Each answer is held to the client's own types: every member that a type requires is there, has its type,
and nothing is there that the type does not know.
"""

import io
import secrets
import sys
from typing import Any

import openai
from openai import BaseModel, OpenAI
from openai.types import Model


def unknown(value: Any, where: str) -> list[str]:
    """Members that the types of the client do not have."""
    found = []
    if isinstance(value, BaseModel):
        found += [f"{where}.{name}" for name in value.model_extra or {}]
        for name in type(value).model_fields:
            found += unknown(getattr(value, name, None), f"{where}.{name}")
    elif isinstance(value, list):
        for item in value:
            found += unknown(item, f"{where}[]")
    return found


def strict(value: Any) -> Any:
    """An answer, which must be exactly what its type says."""
    items = value if isinstance(value, list) else [value]
    for item in items:
        extra = unknown(item, type(item).__name__)
        assert not extra, extra
        # The client builds its types without validation.
        type(item).model_validate_json(
            item.model_dump_json(exclude_unset=True, by_alias=True, warnings=False)
        )
    return value


def refused(status: int, code: str, call, *arguments, **named) -> None:
    """A call must fail with this status and code."""
    try:
        call(*arguments, **named)
    except openai.APIStatusError as error:
        assert (error.status_code, error.code) == (status, code), (error.status_code, error.body)
        assert error.message and error.type, error.body
    else:
        raise AssertionError(f"{code} was expected")


def models(client: OpenAI) -> str:
    """Lists and gets models; returns the embedding model."""
    listed = strict(list(client.models.list()))
    names = [model.id for model in listed]
    assert "extractive" in names and "auto" in names, names
    assert strict(client.models.retrieve("extractive")).owned_by == "dynamic-rag"
    refused(404, "model_not_found", client.models.retrieve, "gpt-none")
    return names[-1]


def embeddings(client: OpenAI, model: str) -> None:
    texts = ["A lamp.", "A table."]
    # By default the client asks for base64 and decodes it.
    made = strict(client.embeddings.create(model=model, input=texts))
    assert len(made.data) == 2 and len(made.data[0].embedding) > 100
    plain = strict(client.embeddings.create(model=model, input=texts[0], encoding_format="float"))
    near = zip(plain.data[0].embedding, made.data[0].embedding, strict=True)
    assert all(abs(x - y) < 1e-6 for x, y in near)
    # "tiktoken is great!" in cl100k_base.
    tokens = [83, 1609, 5963, 374, 2294, 0]
    by_tokens = client.embeddings.create(model=model, input=[tokens, tokens])
    by_text = client.embeddings.create(model=model, input="tiktoken is great!")
    assert by_tokens.data[1].embedding == by_text.data[0].embedding
    refused(400, "invalid_fields", client.embeddings.create, model=model, input="")


def files(client: OpenAI, mark: str) -> tuple[str, str]:
    """Uploads two files, the second in parts; returns their ids."""
    text = f"The {mark} lamp is switched on with the red button. It lasts ten years."
    file = strict(client.files.create(file=("manual.txt", text.encode()), purpose="assistants"))
    assert file.filename == "manual.txt" and file.bytes == len(text)
    assert strict(client.files.retrieve(file.id)).id == file.id
    assert client.files.content(file.id).read() == text.encode()
    assert client.files.wait_for_processing(file.id, poll_interval=0.5).status == "processed"
    line = f"The {mark} table is made of oak. "
    whole = (line * (6_000_000 // len(line))).encode()
    upload = strict(
        client.uploads.upload_file_chunked(
            file=whole,
            filename="table.txt",
            bytes=len(whole),
            mime_type="text/plain",
            purpose="assistants",
            part_size=4_000_000,
        )
    )
    assert upload.status == "completed" and upload.file.bytes == len(whole)
    assert client.files.content(upload.file.id).read() == whole
    given_up = strict(
        client.uploads.create(
            bytes=1, filename="a.txt", mime_type="text/plain", purpose="assistants"
        )
    )
    part = client.uploads.parts.create(given_up.id, data=io.BytesIO(b"x"))
    assert strict(part).upload_id == given_up.id
    assert strict(client.uploads.cancel(given_up.id)).status == "cancelled"
    listed = strict(list(client.files.list(limit=1)))
    assert {file.id, upload.file.id} <= {one.id for one in listed}
    refused(404, "not_found", client.files.retrieve, "file-none")
    return file.id, upload.file.id


def vector_stores(client: OpenAI, mark: str, file: str, other: str) -> str:
    """Makes a vector store of two files and searches it; returns its id."""
    stores = client.vector_stores
    store = strict(stores.create(name=f"Manuals {mark}", metadata={"team": "support"}))
    put = stores.files.create_and_poll(file, vector_store_id=store.id, attributes={"year": 2026})
    assert strict(put).status == "completed" and put.attributes == {"year": 2026}
    batch = stores.file_batches.create_and_poll(store.id, file_ids=[other])
    assert strict(batch).file_counts.completed == 1, batch
    assert strict(stores.file_batches.retrieve(batch.id, vector_store_id=store.id)).id == batch.id
    in_batch = stores.file_batches.list_files(batch.id, vector_store_id=store.id)
    assert [one.id for one in strict(list(in_batch))] == [other]
    cancelled = stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert strict(cancelled).status == "cancelled"
    changed = stores.files.update(file, vector_store_id=store.id, attributes={"kind": "manual"})
    assert strict(changed).attributes == {"kind": "manual"}
    assert strict(stores.files.retrieve(file, vector_store_id=store.id)).id == file
    stores.files.poll(file, vector_store_id=store.id)
    content = list(stores.files.content(file, vector_store_id=store.id))
    assert mark in strict(content)[0].text
    assert len(strict(list(stores.files.list(store.id, limit=1)))) == 2
    found = list(
        stores.search(
            store.id,
            query=f"How is the {mark} lamp switched on?",
            filters={"type": "eq", "key": "kind", "value": "manual"},
            max_num_results=3,
        )
    )
    assert [one.file_id for one in strict(found)] == [file]
    assert strict(stores.update(store.id, name=f"Books {mark}")).metadata == {"team": "support"}
    counts = strict(stores.retrieve(store.id)).file_counts
    assert (counts.completed, counts.total) == (2, 2), counts
    assert store.id in [one.id for one in strict(list(stores.list(limit=1)))]
    refused(404, "not_found", stores.retrieve, "vs_none")
    return store.id


def chat(client: OpenAI, mark: str) -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": f"How is the {mark} lamp switched on?"},
    ]
    create = client.chat.completions.create
    whole = strict(create(model="extractive", messages=messages))
    answer = whole.choices[0].message
    assert "red button" in answer.content and answer.annotations, whole
    chunks = list(
        create(
            model="extractive",
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    strict(chunks)
    told = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(told) == answer.content
    assert chunks[-1].usage and not chunks[-1].choices
    with client.chat.completions.stream(model="extractive", messages=messages) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == answer.content
    refused(400, "invalid_fields", create, model="extractive", messages=messages, n=2)
    refused(404, "model_not_found", create, model="gpt-none", messages=messages)


def responses(client: OpenAI, mark: str, store: str, file: str) -> None:
    tools = [{"type": "file_search", "vector_store_ids": [store], "max_num_results": 5}]
    asked = {"model": "extractive", "input": f"How is the {mark} lamp switched on?", "tools": tools}
    made = strict(client.responses.create(**asked, include=["file_search_call.results"]))
    assert made.status == "completed" and "red button" in made.output_text
    search, message = made.output
    assert search.results[0].file_id == file and mark in search.results[0].text
    assert message.content[0].annotations[0].file_id == file
    stored = strict(client.responses.retrieve(made.id))
    assert stored.output_text == made.output_text
    items = strict(list(client.responses.input_items.list(made.id)))
    assert items[0].content[0].text == asked["input"]
    refused(400, "not_cancellable", client.responses.cancel, made.id)
    with client.responses.stream(**asked) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert events[-1].type == "response.completed" and final.output_text == made.output_text
    plain = strict(list(client.responses.create(**asked, stream=True)))
    assert [event.sequence_number for event in plain] == list(range(len(plain)))
    told = [event.delta for event in plain if event.type == "response.output_text.delta"]
    assert "".join(told) == made.output_text
    follow = client.responses.create(
        model="extractive",
        input="How long does it last?",
        previous_response_id=made.id,
        store=False,
    )
    assert strict(follow).previous_response_id == made.id
    refused(404, "not_found", client.responses.retrieve, follow.id)
    client.responses.delete(made.id)
    refused(404, "not_found", client.responses.retrieve, made.id)
    refused(
        400, "invalid_fields", client.responses.create, model="auto", input="x", background=True
    )


def not_served(client: OpenAI) -> None:
    refused(400, "unsupported_operation", client.images.generate, prompt="a lamp")
    refused(400, "unsupported_operation", client.moderations.create, input="x")
    refused(400, "unsupported_operation", client.completions.create, model="auto", prompt="x")
    refused(401, "invalid_api_key", client.with_options(api_key="sk-of-openai").models.list)


def finds_faults() -> None:
    """The check itself: what is missing and what is unknown is found."""
    known = {"id": "m", "created": 0, "object": "model", "owned_by": "o"}
    strict(Model.construct(**known))
    for wrong in ({**known, "more": 1}, {"id": "m"}, {**known, "created": "x"}):
        try:
            strict(Model.construct(**wrong))
        except (AssertionError, ValueError):
            continue
        raise SystemExit(f"taken for right: {wrong}")


def main() -> int:
    finds_faults()
    url, key = sys.argv[1:]
    client = OpenAI(base_url=url, api_key=key, max_retries=0, timeout=120)
    mark = secrets.token_hex(6)
    model = models(client)
    embeddings(client, model)
    file, other = files(client, mark)
    store = vector_stores(client, mark, file, other)
    chat(client, mark)
    responses(client, mark, store, file)
    not_served(client)
    gone = client.vector_stores.files.delete(file, vector_store_id=store)
    assert strict(gone).deleted
    assert strict(client.vector_stores.delete(store)).deleted
    assert strict(client.files.delete(file)).deleted
    print(f"openai-python {openai.__version__}: every operation that is served, with its own types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
