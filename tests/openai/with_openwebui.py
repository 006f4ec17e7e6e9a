"""What Open WebUI 0.12 sends to a connection, by plain HTTP; run.py says how.

Written after its routers/openai.py and utils/middleware.py: the check of a connection, a chat, the title
that it asks for after the first answer.
"""

import json
import sys
import urllib.error
import urllib.request

from plain import Lamp

# Open WebUI tells every model of its own functions, unless "Builtin Tools" is off for that model.
TIME = {
    "name": "get_current_timestamp",
    "description": "Get the current Unix timestamp in seconds.",
    "parameters": {"type": "object", "properties": {}, "required": []},
}
TITLE = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: %s
ASSISTANT: %s
</chat_history>"""


class Connection:
    """A connection as the settings of Open WebUI have it."""

    def __init__(self, url: str, key: str):
        self.url = url
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def send(self, path: str, body: dict | None = None) -> tuple[int, str, str]:
        """The status, the content type and the text of an answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, self.headers)
        try:
            answer = urllib.request.urlopen(request, timeout=120)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers["content-type"], answer.read().decode()


def models(connection: Connection) -> None:
    status, _, text = connection.send("/models")
    names = [model["id"] for model in json.loads(text)["data"]]
    assert status == 200 and "extractive" in names, (status, text)


def streamed(connection: Connection, body: dict) -> str:
    """The text of a streamed answer, read as Open WebUI reads it: a line is an event."""
    status, kind, text = connection.send("/chat/completions", {"stream": True, **body})
    assert status == 200 and "text/event-stream" in kind, (status, kind, text)
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data:")]
    assert lines[-1] == "[DONE]", lines
    events = [json.loads(line) for line in lines[:-1]]
    assert all(event["object"] == "chat.completion.chunk" for event in events), events
    # Quotations are made without a model: no tokens.
    assert events[-1]["usage"]["total_tokens"] == 0, events[-1]
    choices = [event["choices"][0] for event in events if event["choices"]]
    assert choices[-1]["finish_reason"] == "stop", choices
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def chat(connection: Connection, lamp: Lamp) -> None:
    asked = {"role": "user", "content": lamp.question}
    # What the capability "Usage" of a model adds.
    body = {"model": "extractive", "stream_options": {"include_usage": True}}
    answer = streamed(connection, {**body, "messages": [asked]})
    assert lamp.fact in answer, answer
    status, _, text = connection.send(
        "/chat/completions", {"model": "extractive", "stream": False, "messages": [asked]}
    )
    message = json.loads(text)["choices"][0]["message"]
    assert status == 200 and message["content"] == answer, (status, text)
    assert message["annotations"][0]["url_citation"]["title"] == lamp.name, message
    told = [
        {"role": "system", "content": "Be brief."},
        asked,
        {"role": "assistant", "content": answer},
        {"role": "user", "content": lamp.next},
    ]
    assert "ten years" in streamed(connection, {**body, "messages": told, "temperature": 0.8})
    title = {"role": "user", "content": TITLE % (lamp.question, answer)}
    status, _, text = connection.send(
        "/chat/completions",
        {"model": "extractive", "messages": [title], "stream": False, "max_tokens": 1000},
    )
    assert status == 200 and json.loads(text)["choices"], (status, text)


def with_tools(connection: Connection, lamp: Lamp) -> None:
    """Functions that are offered are not called; one that is demanded is refused by name."""
    body = {
        "stream": True,
        "model": "extractive",
        "messages": [{"role": "user", "content": lamp.question}],
        "tools": [{"type": "function", "function": TIME}],
    }
    status, _, text = connection.send("/chat/completions", body)
    assert status == 200 and "[DONE]" in text, (status, text)
    status, _, text = connection.send("/chat/completions", {**body, "tool_choice": "required"})
    assert (status, json.loads(text)["error"]["param"]) == (400, "tool_choice"), (status, text)


def main() -> int:
    url, key = sys.argv[1:]
    lamp = Lamp(url, key)
    connection = Connection(url, key)
    models(connection)
    chat(connection, lamp)
    with_tools(connection, lamp)
    status, _, text = Connection(url, "sk-of-openai").send("/models")
    assert (status, json.loads(text)["error"]["code"]) == (401, "invalid_api_key"), (status, text)
    print("what Open WebUI 0.12 sends: the check of a connection, chat, tools, a title")
    return 0


if __name__ == "__main__":
    sys.exit(main())
