"""LangChain, as it comes: embeddings, chat, and responses with file search; run.py says how."""

import sys
from importlib.metadata import version

from langchain_core.messages import AIMessage, BaseMessageChunk
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from plain import Lamp, same


def embeddings(model: str, server: dict) -> None:
    """By default texts are sent as tokens, which must give what the texts give."""
    texts = ["tiktoken is great!", "A lamp with a red button."]
    by_tokens = OpenAIEmbeddings(model=model, **server)
    sent, create = [], by_tokens.client.create
    by_tokens.client.create = lambda **named: (sent.append(named), create(**named))[1]
    made = by_tokens.embed_documents(texts)
    assert [83, 1609, 5963, 374, 2294, 0] in sent[0]["input"], sent
    plain = OpenAIEmbeddings(model=model, check_embedding_ctx_length=False, **server)
    assert all(map(same, made, plain.embed_documents(texts)))
    assert same(by_tokens.embed_query(texts[1]), made[1])


def whole(chunks: list[BaseMessageChunk]) -> BaseMessageChunk:
    """The message that was streamed, in more than one chunk."""
    assert len(chunks) > 1, chunks
    message = chunks[0]
    for chunk in chunks[1:]:
        message += chunk
    return message


def chat(lamp: Lamp, server: dict) -> None:
    model = ChatOpenAI(model="extractive", stream_usage=True, **server)
    messages = [("system", "Be brief."), ("human", lamp.question)]
    answer = model.invoke(messages)
    assert lamp.fact in answer.text and answer.usage_metadata, answer
    streamed = whole(list(model.stream(messages)))
    assert streamed.text == answer.text and streamed.usage_metadata, streamed
    assert streamed.response_metadata["finish_reason"] == "stop", streamed
    assert "ten years" in model.invoke([*messages, answer, ("human", lamp.next)]).text


def cited(answer: AIMessage) -> set[str]:
    """The names of the files that a message cites."""
    notes = [note for block in answer.content for note in block.get("annotations", [])]
    return {note["filename"] for note in notes if note["type"] == "file_citation"}


def responses(lamp: Lamp, server: dict) -> None:
    search = {"type": "file_search", "vector_store_ids": [lamp.store]}
    model = ChatOpenAI(
        model="extractive",
        use_responses_api=True,
        include=["file_search_call.results"],
        output_version="responses/v1",
        **server,
    ).bind_tools([search])
    answer = model.invoke(lamp.question)
    assert lamp.fact in answer.text and cited(answer) == {lamp.name}, answer
    call = answer.content[0]
    assert call["type"] == "file_search_call" and call["results"][0]["file_id"] == lamp.file, call
    streamed = whole(list(model.stream(lamp.question)))
    assert streamed.text == answer.text and cited(streamed) == {lamp.name}, streamed
    # A conversation is sent whole, with the search among its items, or continued.
    for before in (answer, streamed):
        follow = model.invoke([("human", lamp.question), before, ("human", lamp.next)])
        assert "ten years" in follow.text, follow
    follow = model.invoke(lamp.next, previous_response_id=answer.response_metadata["id"])
    assert "ten years" in follow.text, follow


def main() -> int:
    url, key = sys.argv[1:]
    server = {"base_url": url, "api_key": key, "max_retries": 0, "timeout": 120}
    lamp = Lamp(url, key)
    embeddings(lamp.embedding_model, server)
    chat(lamp, server)
    responses(lamp, server)
    print(f"langchain-openai {version('langchain-openai')}: embeddings, chat, file search")
    return 0


if __name__ == "__main__":
    sys.exit(main())
