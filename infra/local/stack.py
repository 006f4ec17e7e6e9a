"""The local stack: everything template.yaml needs, on this machine, without Docker.

Runs on a bare Python 3.11. What needs packages runs in a venv that it makes first.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

import needs
import web_allow
from accounts import Accounts
from embedder import Embedder, named
from emulator import ACCOUNT, REGION, Emulator
from postgres import APP, DATABASE, OWNER, Postgres
from state import State
from ui import StackError, say, step, warn

# Where mails come from; .example is nobody's.
MAIL_FROM = "noreply@dynamic-rag.example"

IN_VENV = ("up", "demo", "migrate", "env", "status")


def main() -> int:
    """Runs one command; 0 when it went well, 1 after an error that was printed (and for the status of a
    stack that is not healthy), 130 after Ctrl-C."""
    options = _arguments()
    try:
        if options.command in IN_VENV:
            _enter_venv(options)
        return COMMANDS[options.command](options, State(options.name)) or 0
    except StackError as error:
        warn(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        warn("interrupted; run the same command again to go on from here")
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stack.py", description=__doc__)
    parser.add_argument(
        "--name", default="default", help="which stack; several can run side by side"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    for name, text in (
        ("up", "build, start and deploy whatever is not running or not current"),
        ("demo", "up, then ingest three documents and ask two questions"),
    ):
        sub = command(name, text)
        sub.add_argument("--no-build", action="store_true", help="deploy the binaries as they are")
        sub.add_argument("--bin-dir", type=Path, help="folder of the binaries (implies --no-build)")
        sub.add_argument("--no-demo-customer", action="store_true", help="make no accounts")
        sub.add_argument("--ephemeral", action="store_true", help="keep no AWS state on disk")
        sub.add_argument(
            "--postgres-in-memory", action="store_true", help="keep a new database in /dev/shm"
        )
        sub.add_argument("--fake-openai", action="store_true", help="embed with the tests' fake")
        sub.add_argument("--embeddings-base-url", help="an OpenAI-compatible endpoint to use")
        sub.add_argument("--embedding-model", help="the model of new customers")
        sub.add_argument(
            "--parameter",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="a parameter of template.yaml; may be repeated",
        )
        sub.add_argument(
            "--web-allow",
            metavar="HOST:PORT,...",
            help="requested although not public, such as a local n8n: 127.0.0.1:5678; kept for the"
            " next time, '' forgets it",
        )
    command("down", "stop what `up` started; keeps all data")
    command("destroy", "down, then remove all data of this stack")
    sub = command("status", "what is running, where, and how it is; 1 when it is not healthy")
    sub.add_argument("--json", action="store_true", help="for programs")
    command("migrate", "run the migrations again")
    sub = command("env", "print where everything is, with credentials, for the tests")
    sub.add_argument("--format", choices=("json", "shell"), default="json")
    sub = command("logs", "show the logs, of one function or of all, in the order of time")
    sub.add_argument("function", nargs="?", help="part of a function's name, or of a service's")
    sub.add_argument("--follow", "-f", action="store_true", help="go on as lines are added")
    sub.add_argument("--lines", "-n", type=int, default=50, help="lines of each file to begin with")
    sub.add_argument("--level", help="this level and worse: DEBUG, INFO, WARN, ERROR")
    sub.add_argument("--request", help="lines that name this X-Request-Id")
    sub.add_argument("--customer", help="lines that name this customer's id")
    sub.add_argument("--since", help="all lines since: 30s, 10m, 2h, 1d, 2026-11-21T09:30")
    sub.add_argument("--json", action="store_true", help="lines of JSON as they are written")
    command("needs", "install the packages and tools that are missing")
    sub = command("python", "print the interpreter of the project's Python tools, installing them")
    sub.add_argument(
        "--requirements",
        type=Path,
        default=needs.REQUIREMENTS,
        help="of tools that want an environment of their own",
    )
    return parser.parse_args()


def _enter_venv(options: argparse.Namespace) -> None:
    """Continues in the venv's interpreter; installs packages and venv on the way there."""
    venv = Path(os.environ.get("DYNRAG_VENV_PYTHON", ""))
    if os.environ.get("DYNRAG_VENV_PYTHON") and Path(sys.prefix) == venv.parents[1]:
        return
    if options.command in ("up", "demo"):
        needs.ensure_packages()
    python = needs.ensure_venv()
    os.environ["DYNRAG_VENV_PYTHON"] = str(python)
    sys.stdout.flush()
    os.execv(python, [str(python), *sys.argv])


class Stack:
    """The parts of one stack. Make it inside `state.lock()`, which reads the state again."""

    def __init__(self, state: State, bin_dir: Path | None = None):
        from deploy import Deployment  # needs the venv

        self.state = state
        self.python = Path(sys.executable)
        self.postgres = Postgres(state)
        self.embedder = Embedder(state)
        self.emulator = Emulator(state, self.python)
        self.accounts = Accounts(state, self.emulator)
        self.deployment = Deployment(state, self.emulator, bin_dir)


def up(options: argparse.Namespace, state: State) -> None:
    """Brings the stack up and says how to use it."""
    began = time.monotonic()
    with state.lock():
        stack = _up(options, state)
    say()
    _summary(stack, time.monotonic() - began)


def _up(options: argparse.Namespace, state: State) -> Stack:
    import builds

    stack = Stack(state)
    stack.postgres.up(in_memory=options.postgres_in_memory)
    if options.bin_dir:
        bin_dir = options.bin_dir.resolve()
    elif options.no_build:
        bin_dir = builds.target_dir() / "debug"
    else:
        bin_dir = builds.cargo_build()
    stack.deployment.bin_dir = bin_dir
    embeddings = named(options.embeddings_base_url, options.embedding_model)
    if options.fake_openai:
        embeddings = stack.embedder.up_fake(bin_dir)
    elif embeddings is None:
        embeddings = stack.embedder.up(stack.python, bin_dir, options.embedding_model)
    else:
        stack.embedder.down()
    stack.emulator.up(persist=not options.ephemeral)
    if state.part("deployment").get("deployed") and not stack.deployment.exists():
        # The customers' keys were wrapped with a KMS key that is gone.
        warn("    the emulator lost its state, the keys with it: the database starts anew")
        stack.postgres.forget_data()
        stack.accounts.forget()
    library = builds.pdfium(stack.python)
    stack.emulator.verify_sender(MAIL_FROM)
    stack.deployment.up(_parameters(options, stack, embeddings, library))
    state.part("deployment")["deployed"] = True
    state.save()
    if not options.no_demo_customer:
        stack.accounts.ensure_admin(stack.deployment.api_url, stack.deployment)
        stack.accounts.ensure_demo(stack.deployment.api_url)
    stack.emulator.keep()
    return stack


def _parameters(options, stack: Stack, embeddings, library: Path) -> dict[str, str]:
    from deploy import migrations_hash

    parameters = {
        "Stage": "local",
        "DatabaseHost": "localhost",
        "DatabasePort": str(stack.postgres.values["port"]),
        "DatabaseName": DATABASE,
        "DatabaseOwnerUser": OWNER,
        "DatabaseOwnerPassword": stack.postgres.owner_password(),
        "DatabaseCaPem": stack.postgres.ca.read_text().strip().replace("\n", "\\n"),
        "MigrationsHash": migrations_hash(),
        "PdfiumLibraryPath": str(library),
        "MailFrom": MAIL_FROM,
        # The emulator knows its gateway by a name that no resolver knows.
        "PublicApiUrl": stack.deployment.api_url,
        "PublicRealtimeUrl": stack.deployment.realtime_url,
        # Two heavy functions at a time are what a laptop bears.
        "EmbedConcurrency": "2",
        **embeddings.parameters(),
    }
    parameters |= web_allow.parameters(options.web_allow, stack.state)
    for pair in options.parameter:
        key, separator, value = pair.partition("=")
        if not separator:
            raise StackError(f"--parameter wants KEY=VALUE, not {pair!r}")
        parameters[key] = value
    return parameters


def _summary(stack: Stack, seconds: float) -> None:
    url = stack.deployment.api_url
    say(f"The stack is up ({seconds:.1f} s).\n")
    say(f"  API      {url}")
    for name, address in stack.deployment.streams.items():
        kind, path = ("OpenAI  ", "/v1") if name == "v1" else ("streamed", "")
        say(f"  {kind} {address}{path}  ({name})")
    accounts = stack.accounts.values
    if "demo" in accounts:
        demo = accounts["demo"]
        say(f"  customer {demo['email']}  password {demo['password']}")
        say(f"  API key  {demo['apiKey']}")
    if "admin" in accounts:
        admin = accounts["admin"]
        say(f"  admin    {admin['email']}  password {admin['password']}")
    say(f"  mail     {stack.emulator.endpoint}/_ministack/ses/messages  (what SES was given)")
    if allowed := web_allow.remembered(stack.state):
        say(f"  allowed  {allowed}  (may be requested although not public; WEB_ALLOW= forgets it)")
    say(f"  state    {stack.state.dir}  (logs in logs/, or `make logs`)")
    if "demo" in accounts:
        head = f"-H 'X-API-Key: {accounts['demo']['apiKey']}'"
        json_type = "-H 'Content-Type: application/json'"
        text = '{"title": "Note", "content": "The office plant is watered on Tuesdays."}'
        query = '{"query": "When is the plant watered?"}'
        say("\nTry:\n")
        say(f"  curl -sS '{url}/api/ingest/document' {head} {json_type} -d '{text}'")
        say(f"  curl -sS '{url}/api/documents' {head}")
        say(f"  curl -sS '{url}/search' {head} {json_type} -d '{query}'")


def demo(options: argparse.Namespace, state: State) -> None:
    """Brings the stack up and runs the demo on it."""
    import demo as scenario

    began = time.monotonic()
    options.no_demo_customer = False
    with state.lock():
        stack = _up(options, state)
    scenario.run(stack.deployment.api_url, stack.accounts.values["demo"])
    say()
    _summary(stack, time.monotonic() - began)


def migrate(_: argparse.Namespace, state: State) -> None:
    """Invokes the migrate function, which runs what is missing and does nothing twice."""
    with state.lock(), step("migrations") as notes:
        notes.append(json.dumps(Stack(state).deployment.invoke("Migrate", {})))


def down(_: argparse.Namespace, state: State) -> None:
    """Stops the parts, the emulator with the functions first."""
    if not state.dir.exists():
        say("nothing to stop")
        return
    with state.lock(), step(f"stopping {state.name}") as notes:
        python = Path(sys.executable)
        for part in (Emulator(state, python), Embedder(state), Postgres(state)):
            if part.down():
                notes.append(f"{type(part).__name__.lower()} stopped")


def destroy(options: argparse.Namespace, state: State) -> None:
    """Stops everything and removes the stack's folder."""
    down(options, state)
    with state.lock():
        Postgres(state).destroy()
        shutil.rmtree(state.dir)
        say(f"removed {state.dir}")


def status(options: argparse.Namespace, state: State) -> int:
    """Prints how the stack is; 1 when it is not healthy."""
    import status as of_stack

    return of_stack.show(Stack(state), options.json)


def env(options: argparse.Namespace, state: State) -> None:
    """Prints everything a test needs to reach the parts."""
    stack = Stack(state)
    if not state.running("emulator") or not stack.deployment.values.get("resources"):
        raise StackError("the stack is not up; run `up` first")
    keys = stack.emulator.credentials()
    deployment, postgres = stack.deployment, stack.postgres
    app = json.loads(
        stack.emulator.client("secretsmanager").get_secret_value(
            SecretId=deployment.values["outputs"]["AppDatabaseSecretArn"]
        )["SecretString"]
    )
    passwords = {
        "postgres": postgres.superuser_password(),
        OWNER: postgres.owner_password(),
        APP: app["password"],
    }
    known = {
        "apiUrl": deployment.api_url,
        "streams": deployment.streams,
        "awsEndpointUrl": stack.emulator.endpoint,
        "awsRegion": REGION,
        "awsAccount": ACCOUNT,
        "awsAccessKeyId": keys["aws_access_key_id"],
        "awsSecretAccessKey": keys["aws_secret_access_key"],
        "postgresHost": "localhost",
        "postgresPort": postgres.values["port"],
        "postgresDatabase": DATABASE,
        "postgresCa": str(postgres.ca),
        "postgresSuperuserUrl": postgres.dsn("postgres", passwords["postgres"]),
        "postgresOwnerUrl": postgres.dsn(OWNER, passwords[OWNER]),
        "postgresAppUrl": postgres.dsn(APP, passwords[APP]),
        "embeddingsUrl": f"http://127.0.0.1:{stack.embedder.values.get('port', 0)}/v1",
        "functionLogs": str(state.function_logs),
        "binDir": deployment.values.get("binDir", ""),
        "functions": deployment.physical("AWS::Lambda::Function"),
        "buckets": deployment.physical("AWS::S3::Bucket"),
        "queues": deployment.physical("AWS::SQS::Queue"),
        "outputs": deployment.values["outputs"],
        "accounts": stack.accounts.values,
    }
    if options.format == "json":
        say(json.dumps(known, indent=2))
        return
    for key, value in known.items():
        upper = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in key)
        text = value if isinstance(value, str | int) else json.dumps(value)
        say(f"export DYNRAG_{upper}='{text}'")


def logs(options: argparse.Namespace, state: State) -> None:
    """Prints the log lines that are asked for."""
    import logs as of_stack

    of_stack.show(state, options)


def install(_: argparse.Namespace, __: State) -> None:
    """Installs what the machine lacks, and nothing else."""
    needs.ensure_packages()
    needs.ensure_venv()


def python(options: argparse.Namespace, _: State) -> None:
    """Prints the venv's interpreter; the other scripts use the same one."""
    with contextlib.redirect_stdout(sys.stderr):
        interpreter = needs.ensure_venv(options.requirements)
    say(str(interpreter))


COMMANDS = {
    "up": up,
    "demo": demo,
    "down": down,
    "destroy": destroy,
    "status": status,
    "migrate": migrate,
    "env": env,
    "logs": logs,
    "needs": install,
    "python": python,
}

if __name__ == "__main__":
    sys.exit(main())
