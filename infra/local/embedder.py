"""Where embeddings come from: OpenAI or a compatible server when one is named, else local models."""

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import builds
from state import State
from ui import StackError, step, wait_for

# Both are served; new customers get the first.
LOCAL_MODELS = ("multilingual-e5-small", "all-MiniLM-L6-v2")
OPENAI = "https://api.openai.com/v1"
OPENAI_CHAT = "gpt-4.1-mini"
FAKE_MODEL = "text-embedding-3-small"
FAKE_MODELS = f"{FAKE_MODEL},text-embedding-3-large"
FAKE_CHAT_MODELS = "fake-chat=1/0.5/4"


@dataclass(frozen=True)
class Embeddings:
    """An OpenAI-compatible endpoint (without `/embeddings` at the end), its key, its model, and the models
    the platform pays for (the template's PlatformModels; empty for the model alone). Chat models of the same
    endpoint that the platform pays for, and where customers may ask for others (None for the template's
    default)."""

    base_url: str
    model: str
    key: str
    models: str = ""
    chat_models: str = ""
    chat_providers: str | None = None

    def parameters(self) -> dict[str, str]:
        """The template's parameters for it."""
        providers = {} if self.chat_providers is None else {"ChatProviders": self.chat_providers}
        return {
            **providers,
            "PlatformChatModels": self.chat_models,
            "EmbeddingsBaseUrl": self.base_url,
            "EmbeddingModel": self.model,
            "PlatformModels": self.models or self.model,
            "OpenAiApiKey": self.key,
        }


def named(base_url: str | None, model: str | None) -> Embeddings | None:
    """The endpoint named by the flags or by OPENAI_BASE_URL and OPENAI_API_KEY; None for neither."""
    key = os.environ.get("OPENAI_API_KEY")
    url = base_url or os.environ.get("OPENAI_BASE_URL")
    if not url and not key:
        return None
    url = (url or OPENAI).rstrip("/")
    model = model or "text-embedding-3-small"
    # Of another provider's models no price is known here.
    models = model if url == OPENAI else f"{model}=0"
    # The prices of chat models are not known here: locally they count as nothing.
    chat = os.environ.get("CHAT_MODEL") or (OPENAI_CHAT if url == OPENAI else "")
    return Embeddings(url, model, key or "none", models, f"{chat}=0/0/0" if chat else "")


class Embedder:
    """Starts and stops the embedding server of one stack: the real models, or the tests' fake."""

    def __init__(self, state: State):
        self.state = state
        self.values = state.part("embedder")

    def up(self, python: Path, bin_dir: Path, model: str | None) -> Embeddings:
        """Starts the server over the real models; restarts it when its binary is a new one.

        `model` is what new customers get; None for the default.
        """
        model = model or LOCAL_MODELS[0]
        if model not in LOCAL_MODELS:
            raise StackError(f"the local models are {' and '.join(LOCAL_MODELS)}, not {model}")
        key = self.state.secret("embedder", "key")
        e5, minilm = (builds.model(python, files) for files in (builds.E5, builds.MINILM))
        arguments = ["--e5", e5, "--minilm", minilm, "--api-key", key]
        self._up(bin_dir / "dynrag-embedder", arguments)
        models = ",".join(f"{name}=0" for name in LOCAL_MODELS)
        return Embeddings(self._base_url, model, key, models)

    def up_fake(self, bin_dir: Path) -> Embeddings:
        """Starts the tests' fake OpenAI server, which takes the same flags and no model."""
        self._up(bin_dir / "dynrag-fake-openai", [])
        return Embeddings(
            self._base_url,
            FAKE_MODEL,
            "fake-key",
            FAKE_MODELS,
            FAKE_CHAT_MODELS,
            f"fake={self._base_url},openai={self._base_url}",
        )

    def down(self) -> bool:
        """Stops the server."""
        return self.state.stop("embedder")

    @property
    def healthy(self) -> bool:
        """Whether the server answers at all."""
        if "port" not in self.values:
            return False
        try:
            urllib.request.urlopen(f"{self._base_url}/models", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    @property
    def _base_url(self) -> str:
        return f"http://127.0.0.1:{self.values['port']}/v1"

    def _up(self, binary: Path, arguments: list) -> None:
        if not binary.exists():
            raise StackError(f"{binary} is missing; run `make up`, which builds it")
        with step("embedding server") as notes:
            built = binary.stat()
            fingerprint = f"{built.st_mtime_ns}-{built.st_size}"
            if self.state.running("embedder", fingerprint) and self.healthy:
                notes.append("already running")
            else:
                self.down()
                self._start(binary, arguments, fingerprint)
            notes.append(f"{binary.name} at {self._base_url}")

    def _start(self, binary: Path, arguments: list, fingerprint: str) -> None:
        ready = self.state.dir / "embedder.ready"
        ready.unlink(missing_ok=True)
        where = ["--port", self.state.port("embedder"), "--ready-file", ready]
        self.state.spawn("embedder", [binary, *arguments, *where], fingerprint)

        def started() -> bool:
            if not self.state.running("embedder"):
                raise StackError("the embedding server ended:\n" + self.state.tail("embedder"))
            return ready.exists()

        # A debug build of the model code loads slowly, once.
        wait_for(started, "the embedding server", 120)
