#!/usr/bin/env python3
"""A small S3: a folder behind HTTP that answers late, and counts.

    store.py FOLDER DELAY_MS

Prints its port. It knows what LanceDB and object_store ask for: objects in ranges, conditional writes,
parts, copies, lists and deletions; it checks no signature. Each request waits before it is answered.
`POST /-/taken` gives what was asked since the last time: requests, bytes sent, rounds, and the
milliseconds from a request to the start of its answer beside the delay. Bandwidth is that of loopback.

Rounds are the longest chain of requests each of which came after the one before it was answered. That
is what the delay adds up along, whatever runs beside it.
"""

import asyncio
import itertools
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aiohttp import web

PIECE = 1 << 18
# A request may come before the store knows that the answer before it has been received.
AT_ONCE = 0.002
MOST_LISTED = 1000


@dataclass
class Object:
    """An object's file, and what is told of it."""

    file: Path
    size: int
    etag: str
    written: float


@dataclass
class Request:
    """A request that was answered."""

    method: str
    began: float
    answered: float = 0.0
    ended: float = 0.0
    sent: int = 0


def rounds(requests: list[Request]) -> int:
    """The longest chain of requests that do not overlap: always take the one that ends first."""
    count, free = 0, float("-inf")
    for request in sorted(requests, key=lambda request: request.ended):
        if request.began >= free - AT_ONCE:
            count, free = count + 1, request.ended
    return count


def error(status: int, code: str) -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


def xml(root: str, inner: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root}>{inner}</{root}>'
    return web.Response(text=text, content_type="application/xml")


class Store:
    """Objects by their path, bucket included."""

    def __init__(self, folder: Path, delay: float):
        self.folder, self.delay = folder, delay
        self.objects: dict[str, Object] = {}
        self.uploads: dict[str, dict[int, Path]] = {}
        self.requests: list[Request] = []
        self.numbers = itertools.count(1)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answers a request after the delay, and counts it."""
        if request.path == "/-/taken":
            return web.json_response(self.taken())
        listed = request.method == "GET" and "list-type" in request.query
        record = Request("LIST" if listed else request.method, time.perf_counter())
        self.requests.append(record)
        body = None
        if request.method in ("PUT", "POST"):
            body = await self._received(request)
        await asyncio.sleep(self.delay)
        try:
            return self._handle(request, body, record)
        finally:
            record.answered = record.ended = time.perf_counter()

    def taken(self) -> dict:
        """What was asked since the last time."""
        # Of what is under way nobody has the answer.
        done = [request for request in self.requests if request.ended]
        self.requests = [request for request in self.requests if not request.ended]
        own = [(request.answered - request.began - self.delay) * 1e3 for request in done]
        return {
            "requests": len(done),
            "methods": Counter(request.method for request in done),
            "bytes": sum(request.sent for request in done),
            "rounds": rounds(done),
            "own_ms": sum(own) / len(own) if own else 0,
        }

    async def _received(self, request: web.Request) -> Path:
        file = self.folder / str(next(self.numbers))
        with open(file, "wb") as out:
            async for data in request.content.iter_chunked(PIECE):
                out.write(data)
        return file

    def _handle(self, request, body, record) -> web.StreamResponse:
        key, query = request.path.strip("/"), request.query
        if request.method in ("GET", "HEAD"):
            if "list-type" in query:
                return self._list(key, query)
            return self._get(request, key, record)
        if request.method == "DELETE":
            if "uploadId" in query:
                self.uploads.pop(query["uploadId"], None)
            elif key in self.objects:
                self.objects.pop(key).file.unlink()
            return web.Response(status=204)
        if "uploads" in query:
            name = f"upload-{next(self.numbers)}"
            self.uploads[name] = {}
            return xml("InitiateMultipartUploadResult", f"<UploadId>{name}</UploadId>")
        if "partNumber" in query:
            self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return web.Response(headers={"ETag": f'"{body.name}"'})
        if "uploadId" in query:
            return self._complete(request, key, body)
        if "delete" in query:
            return self._delete(key, body)
        return self._put(request, key, body)

    def _refused(self, request, key: str) -> bool:
        """Whether a condition of a write is not met."""
        there, headers = self.objects.get(key), request.headers
        if "If-None-Match" in headers and there:
            return True
        return "If-Match" in headers and (there is None or there.etag != headers["If-Match"])

    def _put(self, request, key: str, body: Path) -> web.Response:
        if self._refused(request, key):
            return error(412, "PreconditionFailed")
        source = request.headers.get("x-amz-copy-source")
        if source:
            copied = self.objects.get(source.strip("/"))
            if copied is None:
                return error(404, "NoSuchKey")
            body.write_bytes(copied.file.read_bytes())
        stored = self._store(key, body)
        if source:
            return xml("CopyObjectResult", f"<ETag>{stored.etag}</ETag>")
        return web.Response(headers={"ETag": stored.etag})

    def _store(self, key: str, body: Path) -> Object:
        if key in self.objects:
            self.objects[key].file.unlink()
        stat = body.stat()
        # As FileResponse makes it.
        etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        stored = Object(body, stat.st_size, etag, time.time())
        self.objects[key] = stored
        return stored

    def _complete(self, request, key: str, body: Path) -> web.Response:
        if self._refused(request, key):
            return error(412, "PreconditionFailed")
        parts = self.uploads.pop(request.query["uploadId"])
        whole = self.folder / str(next(self.numbers))
        with open(whole, "wb") as out:
            for _, part in sorted(parts.items()):
                out.write(part.read_bytes())
                part.unlink()
        body.unlink()
        stored = self._store(key, whole)
        return xml("CompleteMultipartUploadResult", f"<ETag>{stored.etag}</ETag>")

    def _delete(self, bucket: str, body: Path) -> web.Response:
        named = [
            element.text
            for element in ElementTree.parse(body).iter()
            if element.tag.endswith("Key")
        ]
        body.unlink()
        for key in named:
            gone = self.objects.pop(f"{bucket}/{key}", None)
            if gone:
                gone.file.unlink()
        deleted = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in named)
        return xml("DeleteResult", deleted)

    def _list(self, bucket: str, query) -> web.Response:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        start, found, common = f"{bucket}/", [], []
        for path in sorted(self.objects):
            key = path.removeprefix(start)
            if not path.startswith(start) or not key.startswith(prefix) or key <= after:
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            folder = key[: cut + len(delimiter)] if cut >= 0 else None
            if folder:
                if folder > after and folder not in common[-1:]:
                    common.append(folder)
                continue
            found.append((key, self.objects[path]))
        is_more = len(found) > MOST_LISTED
        found = found[:MOST_LISTED]
        inner = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{of.size}</Size><ETag>{escape(of.etag)}</ETag>"
            f"<LastModified>{datetime.fromtimestamp(of.written, UTC):%Y-%m-%dT%H:%M:%S.000Z}"
            "</LastModified></Contents>"
            for key, of in found
        )
        inner += "".join(
            f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
            for folder in common
        )
        inner += f"<IsTruncated>{str(is_more).lower()}</IsTruncated>"
        if is_more:
            inner += f"<NextContinuationToken>{escape(found[-1][0])}</NextContinuationToken>"
        return xml("ListBucketResult", inner)

    def _get(self, request, key: str, record: Request) -> web.StreamResponse:
        there = self.objects.get(key)
        if there is None:
            return error(404, "NoSuchKey")
        if request.headers.get("If-Match", there.etag) != there.etag:
            return error(412, "PreconditionFailed")
        return Sending(there, record)


class Sending(web.FileResponse):
    """Reads ranges itself, and has the kernel send the file; its end is noted."""

    def __init__(self, of: Object, record: Request):
        super().__init__(
            of.file,
        )
        self._record = record

    async def prepare(self, request):
        writer = await super().prepare(request)
        self._record.ended = time.perf_counter()
        if request.method == "GET":
            self._record.sent = self.content_length or 0
        return writer


async def main() -> None:
    store = Store(Path(sys.argv[1]), float(sys.argv[2]) / 1e3)
    application = web.Application(client_max_size=1 << 40)
    application.router.add_route("*", "/{path:.*}", store.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
