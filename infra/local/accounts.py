"""The accounts a new stack gets: a platform admin and a customer to try things with."""

import json
import re
import secrets
import urllib.request

from api import Api
from state import State
from ui import step, wait_for

ADMIN_EMAIL = "admin@example.com"
DEMO_EMAIL = "demo@example.com"


class Accounts:
    """Made once and kept, passwords included, in the stack's state file (mode 0600)."""

    def __init__(self, state: State, emulator):
        self.state = state
        self.emulator = emulator
        self.values = state.part("accounts")

    def forget(self) -> None:
        """Forgets them, as their database is gone."""
        self.values.clear()
        self.state.save()

    def ensure_admin(self, url: str, deployment) -> dict:
        """The platform admin: {email, password, …}. The migrate function grants the right."""
        if "admin" not in self.values:
            with step("platform admin") as notes:
                admin = self._sign_up(url, ADMIN_EMAIL, "Platform")
                deployment.invoke("Migrate", {"grantAdmin": {"email": admin["email"]}})
                self._keep("admin", admin)
                notes.append(admin["email"])
        return self.values["admin"]

    def ensure_demo(self, url: str) -> dict:
        """The demo customer's first user: {email, password, apiKey, customerId}."""
        if "demo" not in self.values:
            with step("demo customer") as notes:
                demo = self._sign_up(url, DEMO_EMAIL, "Lumen Demo")
                # Nothing is embedded with the platform's key before the address is verified.
                token = self._token_mailed_to(demo["email"])
                Api(url).post("/api/auth/verify-email", {"token": token})
                self._keep("demo", demo)
                notes.append(demo["email"])
        return self.values["demo"]

    def _token_mailed_to(self, email: str) -> str:
        """The token of the link in the first mail to an address, read from what SES was given."""

        def token() -> str | None:
            mails = f"{self.emulator.endpoint}/_ministack/ses/messages"
            with urllib.request.urlopen(mails, timeout=10) as answer:
                accounts = json.load(answer)["messages"].values()
            texts = [mail["BodyText"] for sent in accounts for mail in sent if email in mail["To"]]
            found = re.search(r"#token=([A-Za-z0-9_-]+)", "\n".join(texts))
            return found and found[1]

        return wait_for(token, f"the mail to {email}", 60)

    @staticmethod
    def _sign_up(url: str, address: str, company: str) -> dict:
        # An interrupted run may have signed up without writing it down: never the same address.
        name, domain = address.split("@")
        email = f"{name}-{secrets.token_hex(3)}@{domain}"
        password = secrets.token_urlsafe(15)
        made = Api(url).post(
            "/api/auth/signup", {"email": email, "password": password, "companyName": company}
        )
        return {
            "email": email,
            "password": password,
            "apiKey": made["apiKey"],
            "customerId": made["customer"]["id"],
        }

    def _keep(self, name: str, account: dict) -> None:
        self.values[name] = account
        self.state.save()
