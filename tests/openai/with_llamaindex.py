"""LlamaIndex, as it comes: embeddings, chat, and responses with file search; run.py says how.

`OpenAILike` is its class for others than OpenAI: `OpenAI` takes the names of OpenAI's models alone.
"""

import sys
from importlib.metadata import version

from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAIResponses
from llama_index.llms.openai_like import OpenAILike
from plain import Lamp, same


def embeddings(model: str, server: dict) -> None:
    texts = ["tiktoken is great!", "A lamp with a red button."]
    embedder = OpenAIEmbedding(model_name=model, **server)
    made = embedder.get_text_embedding_batch(texts)
    assert same(made[1], embedder.get_query_embedding(texts[1])) and not same(*made)


def chat(lamp: Lamp, server: dict) -> None:
    llm = OpenAILike(model="extractive", is_chat_model=True, **server)
    messages = [
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="user", content=lamp.question),
    ]
    answer = llm.chat(messages).message.content
    assert lamp.fact in answer, answer
    streamed = list(llm.stream_chat(messages))
    assert len(streamed) > 1 and "".join(one.delta or "" for one in streamed) == answer, streamed
    assert streamed[-1].message.content == answer
    follow = [*messages, streamed[-1].message, ChatMessage(role="user", content=lamp.next)]
    assert "ten years" in llm.chat(follow).message.content


def responses(lamp: Lamp, server: dict) -> None:
    search = {"type": "file_search", "vector_store_ids": [lamp.store]}
    llm = OpenAIResponses(
        model="extractive", context_window=128_000, built_in_tools=[search], **server
    )
    messages = [ChatMessage(role="user", content=lamp.question)]
    made = llm.chat(messages)
    answer = made.message.content
    assert lamp.fact in answer, made
    notes = made.additional_kwargs["annotations"]
    assert {note.filename for note in notes} == {lamp.name}, notes
    streamed = list(llm.stream_chat(messages))
    assert len(streamed) > 1 and "".join(one.delta or "" for one in streamed) == answer, streamed
    assert streamed[-1].message.content == answer
    follow = [*messages, made.message, ChatMessage(role="user", content=lamp.next)]
    assert "ten years" in llm.chat(follow).message.content


def main() -> int:
    url, key = sys.argv[1:]
    server = {"api_base": url, "api_key": key, "max_retries": 0, "timeout": 120}
    lamp = Lamp(url, key)
    embeddings(lamp.embedding_model, server)
    chat(lamp, server)
    responses(lamp, server)
    print(
        f"llama-index-llms-openai {version('llama-index-llms-openai')}, -like"
        f" {version('llama-index-llms-openai-like')}, embeddings"
        f" {version('llama-index-embeddings-openai')}: embeddings, chat, file search"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
