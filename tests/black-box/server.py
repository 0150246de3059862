"""A `backstep local` of one's own: started on a free port, ended by its process id."""
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

import boto3
from botocore.config import Config

READY_SECONDS = 30
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process. Without `data_dir` it keeps its data in memory."""

    def __init__(self, data_dir: pathlib.Path | None = None):
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        where = ["--data-dir", str(data_dir)] if data_dir else ["--in-memory"]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [os.environ["BACKSTEP_BINARY"], "local", "--port", str(self.port), *where],
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._await_listening()
        except BaseException:
            self.kill()
            raise

    def _await_listening(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with exit code {self.process.returncode}:\n{self.output()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server does not listen after {READY_SECONDS} s:\n{self.output()}")

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def client(self):
        return boto3.client(
            "stepfunctions",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(
                retries={"max_attempts": 1, "mode": "standard"},
                parameter_validation=False,
                # StartSyncExecution and TestState would be sent to `sync-127.0.0.1`.
                inject_host_prefix=False,
            ),
        )

    def terminate(self) -> int:
        """Asks the server to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """Ends the server without warning, as a power cut would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(STOP_SECONDS)
        self.log.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_exception) -> None:
        self.kill()


def until(what: str, look, seconds: float = 60.0):
    """The first truthy answer of `look`, which is asked again until then."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def ended(client, execution_arn: str, seconds: float = 60.0) -> dict:
    """The description of an execution once it has ended."""

    def look():
        description = client.describe_execution(executionArn=execution_arn)
        return description if description["status"] not in ("RUNNING", "PENDING_REDRIVE") else None

    return until(f"the end of `{execution_arn}`", look, seconds)
