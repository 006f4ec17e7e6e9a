"""The stack's own PostgreSQL: one cluster on loopback, TLS and passwords only."""

import os
import pwd
import shutil
import signal
from pathlib import Path

import needs
from state import State, run
from ui import StackError, step, wait_for

OWNER = "dynrag_owner"
APP = "dynrag_app"  # made by the migrations, which set the password of the app's secret
DATABASE = "dynrag"

# A crash of this machine may cost the last half second of commits, never consistency;
# everything else keeps PostgreSQL's durable defaults, as the promises are tested on them.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "1000",
    "ssl": "on",
    "ssl_cert_file": "server.crt",
    "ssl_key_file": "server.key",
    "synchronous_commit": "off",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
}
ACCESS = "hostssl all all 127.0.0.1/32 scram-sha-256\n"
# A file system in memory, and the bytes of it that a test run may take.
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30


def _has_room(folder: Path) -> bool:
    return (
        folder.is_dir()
        and os.access(folder, os.W_OK)
        and shutil.disk_usage(folder).free >= MEMORY_BYTES
    )


class Postgres:
    """Starts, stops and describes the database of one stack."""

    def __init__(self, state: State):
        self.state = state
        self.values = state.part("postgres")
        self.ca = state.dir / "postgres-ca.crt"

    def up(self, in_memory: bool = False) -> None:
        """Makes the cluster on first use, starts it, makes role and database.

        In memory if there is room, for tests: they make hundreds of databases of a thousand files
        each. Benchmarks keep it on disk.
        """
        if in_memory and "data" not in self.values and _has_room(MEMORY):
            name = str(self.state.dir).strip("/").replace("/", "-")
            self.values["data"] = str(MEMORY / f"dynamic-rag-{name}")
            self.state.save()
        with step("PostgreSQL") as notes:
            if self.state.running("postgres"):
                notes.append("already running")
            else:
                self._make_cluster()
                self._start()
            self._make_database()
            notes.append(f"127.0.0.1:{self.values['port']}")

    def down(self) -> bool:
        """Stops it, finishing no transaction that is still open; keeps the data."""
        return self.state.stop("postgres", signal.SIGINT)

    def destroy(self) -> None:
        """Removes the cluster. Only after `down`."""
        data = self.values.get("data")
        if data:
            shutil.rmtree(data, ignore_errors=True)

    def forget_data(self) -> None:
        """Drops the database and makes an empty one."""
        self._sql(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
        self._make_database()

    def dsn(self, role: str, password: str) -> str:
        """A connection URL that verifies the server's certificate (the CA's path comes apart)."""
        return (
            f"postgresql://{role}:{password}@localhost:{self.values['port']}/{DATABASE}"
            "?sslmode=verify-full"
        )

    def owner_password(self) -> str:
        """The password of the role that owns the database and runs the migrations."""
        return self.state.secret("postgres", "ownerPassword")

    def superuser_password(self) -> str:
        """The password of `postgres`; only this program and the tests use it."""
        return self.state.secret("postgres", "superuserPassword")

    # The server refuses to run as root: then it runs as the package's user.
    def _as_server(self) -> dict:
        if os.geteuid() != 0:
            return {}
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            raise StackError("the user `postgres` is missing; reinstall postgresql") from None
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _data(self) -> Path:
        """Inside the stack's folder, or where the server's user can go when it cannot go there."""
        if "data" not in self.values:
            data = self.state.dir / "postgres"
            server = self._as_server()
            if server:
                probe = ["test", "-x", str(self.state.dir)]
                try:
                    run(probe, **server, cwd="/")
                except StackError:
                    name = str(self.state.dir).strip("/").replace("/", "-")
                    data = Path("/var/lib/postgresql") / f"dynamic-rag-{name}"
            self.values["data"] = str(data)
            self.state.save()
        return Path(self.values["data"])

    def _make_cluster(self) -> None:
        data = self._data()
        if self.values.get("made") and (data / "PG_VERSION").exists():
            return
        # Leftovers of an interrupted run have no mark: start over.
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True, mode=0o700)
        server = self._as_server()
        if server:
            os.chown(data, server["user"], server["group"])
        binaries = needs.postgres_bin()
        if binaries is None:
            raise StackError("no PostgreSQL server was found; run `make up` again to install it")
        password = data.with_name(data.name + ".password")
        # New, as anyone may write into /dev/shm: a file that is there already may be someone else's.
        password.unlink(missing_ok=True)
        password.touch(mode=0o600, exist_ok=False)
        password.write_text(self.superuser_password())
        if server:
            os.chown(password, server["user"], server["group"])
        try:
            options = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
            initdb = [binaries / "initdb", "-D", data, *options, f"--pwfile={password}"]
            run(initdb, **server, cwd="/")
        finally:
            password.unlink()
        self._make_certificates(data, server)
        (data / "pg_hba.conf").write_text(ACCESS)
        with open(data / "postgresql.conf", "a") as conf:
            conf.writelines(f"{key} = '{value}'\n" for key, value in SETTINGS.items())
        self.values["made"] = True
        self.state.save()

    def _make_certificates(self, data: Path, server: dict) -> None:
        """A CA for this stack alone, and its certificate for localhost; the CA's key is not kept."""
        folder = self.state.dir / "tls"
        folder.mkdir(exist_ok=True)
        ca_key, request, extensions = (folder / name for name in ("ca.key", "csr", "extensions"))
        new = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split()
        usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        subject = ["-subj", "/CN=Dynamic RAG local CA"]
        as_ca = ["-x509", "-days", "3650", *subject, *usage]
        run([*new, *as_ca, "-keyout", ca_key, "-out", self.ca])
        run([*new, "-subj", "/CN=localhost", "-keyout", data / "server.key", "-out", request])
        extensions.write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"
        )
        sign = "openssl x509 -req -CAcreateserial -days 3650".split()
        by_ca = ["-CA", self.ca, "-CAkey", ca_key, "-extfile", extensions]
        run([*sign, *by_ca, "-in", request, "-out", data / "server.crt"])
        shutil.rmtree(folder)
        for name, mode in (("server.key", 0o600), ("server.crt", 0o644)):
            (data / name).chmod(mode)
            if server:
                os.chown(data / name, server["user"], server["group"])

    def _start(self) -> None:
        binaries, data, port = needs.postgres_bin(), self._data(), self.state.port("postgres")
        self.state.spawn(
            "postgres",
            [binaries / "postgres", "-D", data, "-p", port],
            cwd="/",
            **self._as_server(),
        )

        def ready() -> bool:
            if not self.state.running("postgres"):
                raise StackError("PostgreSQL ended:\n" + self.state.tail("postgres"))
            try:
                return bool(self._sql("SELECT 1"))
            except StackError:
                return False

        wait_for(ready, "PostgreSQL", 60)

    def _make_database(self) -> None:
        password = self.owner_password()
        if self._sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{OWNER}'") != "1":
            # Not a superuser, no BYPASSRLS: what a managed database would give as well.
            self._sql(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '{password}'")
        if self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") != "1":
            self._sql(f'CREATE DATABASE "{DATABASE}" OWNER {OWNER}')

    def _sql(self, statement: str) -> str:
        """Runs one statement as the superuser; the first column of what it returns."""
        env = {
            **os.environ,
            "PGPASSWORD": self.superuser_password(),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.ca),
        }
        address = ["-h", "localhost", "-p", self.values["port"], "-U", "postgres", "-d", "postgres"]
        # By standard input: command lines are visible to every user of the machine.
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *address]
        return run(command, env=env, input=statement).stdout.strip()
