"""A user's browser, as far as the consent page needs one."""

import http.client
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit


class _Form(HTMLParser):
    """The fields of the page's form, with every box checked as it is shown."""

    def __init__(self):
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[given["name"]] = given.get("value", "on")


def _ask(method: str, url: str, body: str | None = None, headers: dict | None = None):
    there = urlsplit(url)
    connection = http.client.HTTPConnection(there.netloc, timeout=30)
    path = there.path + (f"?{there.query}" if there.query else "")
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read().decode()


def consent(url: str, email: str, password: str) -> dict[str, str]:
    """Opens an authorization URL, logs in and allows all that is asked for. Returns the parameters that the
    client gets."""
    page, text = _ask("GET", url)
    if page.status != 200:
        raise SystemExit(f"no consent page: {page.status} {text}")
    form = _Form()
    form.feed(text)
    form.fields |= {"email": email, "password": password, "decision": "allow"}
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "cookie": page.getheader("set-cookie").split(";")[0],
    }
    answer, text = _ask("POST", url.split("?")[0], urlencode(form.fields), headers)
    if answer.status != 303:
        raise SystemExit(f"no consent: {answer.status} {text}")
    parameters = parse_qs(urlsplit(answer.getheader("location")).query)
    return {name: values[0] for name, values in parameters.items()}
