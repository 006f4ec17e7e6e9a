"""An OpenAI-compatible embedding server that costs next to nothing, the same for both pipelines.

    stub.py PORT

A text's vector is one of a few that were made at the start, chosen by the text's CRC: an answer is
put together from ready pieces of base64, which is what both clients ask for.
"""

import asyncio
import base64
import json
import random
import struct
import sys
import zlib

DIMENSIONS = 1536
VECTORS = 512


def vectors() -> list[str]:
    """Unit vectors in base64, the same in every run."""
    generator = random.Random(1)
    made = []
    for _ in range(VECTORS):
        numbers = [generator.gauss(0, 1) for _ in range(DIMENSIONS)]
        length = sum(n * n for n in numbers) ** 0.5
        packed = struct.pack(f"<{DIMENSIONS}f", *(n / length for n in numbers))
        made.append(base64.b64encode(packed).decode())
    return made


MADE = vectors()


def answer(body: bytes) -> bytes:
    """The whole answer to a request's body."""
    asked = json.loads(body)
    texts = asked["input"]
    if asked.get("encoding_format") != "base64" or asked.get("dimensions") != DIMENSIONS:
        raise ValueError(f"asked for something else: {asked.keys()}")
    data = ",".join(
        f'{{"object":"embedding","index":{at},'
        f'"embedding":"{MADE[zlib.crc32(text.encode()) % VECTORS]}"}}'
        for at, text in enumerate(texts)
    )
    # Roughly what a tokenizer counts; only the bill depends on it.
    tokens = sum(map(len, texts)) // 4
    usage = f'{{"prompt_tokens":{tokens},"total_tokens":{tokens}}}'
    model = json.dumps(asked["model"])
    text = f'{{"object":"list","data":[{data}],"model":{model},"usage":{usage}}}'.encode()
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(text)}\r\n\r\n".encode() + text


class Server(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport):
        """Begins."""
        self.transport, self.buffer = transport, bytearray()

    def data_received(self, data):
        """Answers the requests that are complete."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end]).lower()
            _, found, length = head.partition(b"content-length:")
            stop = end + 4 + (int(length.split(b"\r\n")[0]) if found else 0)
            if len(self.buffer) < stop:
                return
            body = bytes(self.buffer[end + 4 : stop])
            del self.buffer[:stop]
            if head.startswith(b"post /v1/embeddings "):
                self.transport.write(answer(body))
            else:
                self.transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")


async def main() -> None:
    """Serves until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
