"""A small client of the deployed API, with nothing but the standard library."""

import json
import urllib.error
import urllib.request
import uuid

from ui import StackError


class Api:
    """Calls the API as one customer; every answer that is not 2xx ends in StackError."""

    def __init__(self, url: str, key: str | None = None):
        self.url = url.rstrip("/")
        self.key = key

    def get(self, path: str) -> dict:
        """GET; the JSON of the answer."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: dict) -> dict:
        """POST of a JSON body; the JSON of the answer."""
        return self._send(
            "POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )

    def put(self, path: str, body: dict) -> dict:
        """PUT of a JSON body; the JSON of the answer."""
        return self._send(
            "PUT", path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )

    def post_form(self, path: str, fields: dict[str, str], file: tuple[str, str, bytes]) -> dict:
        """POST of multipart/form-data with one part `file`: (name, content type, bytes)."""
        body, content_type = form(fields, file)
        return self._send("POST", path, body, {"Content-Type": content_type})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict) -> dict:
        if self.key:
            headers = {**headers, "X-API-Key": self.key}
        status, answer = send(method, self.url + path, body, headers)
        if not 200 <= status < 300:
            raise StackError(f"{method} {path} answered {status}:\n{_readable(answer)}")
        return json.loads(answer) if answer else {}


def send(method: str, url: str, body: bytes | None, headers: dict) -> tuple[int, bytes]:
    """One HTTP request; (status, body) whatever the status. StackError when nobody answers."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        raise StackError(f"{method} {url}: {error}. Is the stack up? (`make up`)") from None


def form(fields: dict[str, str], file: tuple[str, str, bytes]) -> tuple[bytes, str]:
    """A multipart/form-data body and its content type; the file comes last, as S3 wants it."""
    boundary = uuid.uuid4().hex
    name, content_type, data = file
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n".encode()
        + data
        + b"\r\n"
    )
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _readable(answer: bytes) -> str:
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer.decode(errors="replace")[:2000]
