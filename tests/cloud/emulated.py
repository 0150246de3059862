"""The cloud on one machine: ministack on a port of its own, behind the proxy, with the stack built and deployed by the SAM CLI.

Everything that is started is ended by its process id. Needs the virtual environments `ministack`, `sam` and `boto3` (tests/setup-venv).
"""
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".cache/venv"
BUILT = ROOT / ".aws-sam/build"
REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
# For machines that build functions only to test them: without link-time optimization. `BACKSTEP_FUNCTIONS=release` builds them as they are deployed.
THIN = {
    "CARGO_LAMBDA_GLOBAL": str(ROOT / "tests/cloud/cargo-lambda.toml"),
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_DEBUG": "none",
    "CARGO_PROFILE_RELEASE_STRIP": "symbols",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sam_environment():
    extra = {} if os.environ.get("BACKSTEP_FUNCTIONS") == "release" else THIN
    path = f"{VENV / 'sam/bin'}:{os.environ['PATH']}"
    return {**os.environ, **KEYS, **extra, "PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_LC_SYS_NO_JITTER_ENTROPY": "1"}


def run(*command, **options):
    print("+", *(str(part) for part in command), flush=True)
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, **options)


def architecture():
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def build():
    """`sam build`, for this machine's own architecture."""
    run(VENV / "sam/bin/sam", "build", "--config-env", "test", "--parameter-overrides", f"Architecture={architecture()}", env=sam_environment())


def hastened(durations):
    """The built template with half the timeouts and visibilities, and these durations of the order saga: what dies comes again after 30 s."""
    text = (BUILT / "template.yaml").read_text()
    own = "".join(f"        {name}: {value}\n" for name, value in durations.items())
    for old, new, times in (
        ("\n    Timeout: 10\n", "\n    Timeout: 5\n", 1),
        ("\n      VisibilityTimeout: 60\n", "\n      VisibilityTimeout: 30\n", 14),
        ('"timeoutSeconds":10}', '"timeoutSeconds":5}', 11),
        ("\n      DefinitionSubstitutions:\n", f"\n      DefinitionSubstitutions:\n{own}", 2),
    ):
        if text.count(old) != times:
            raise RuntimeError(f"{old!r} stands {text.count(old)} times in the built template, not {times}")
        text = text.replace(old, new)
    path = BUILT / "hastened.yaml"
    path.write_text(text)
    return path


class Cloud:
    """ministack and the proxy, running; to be closed."""

    def __init__(self, log=ROOT / ".cache/deploy-ministack.log"):
        self.scratch = Path(tempfile.mkdtemp(prefix="backstep-cloud-"))
        self.port, self.proxy_port = free_port(), free_port()
        self.direct, self.endpoint = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.proxy_port}"
        self.record = self.scratch / "requests.jsonl"
        self.started, self.log = [], open(log, "w")
        environment = {
            **os.environ, **KEYS, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port), "AWS_ENDPOINT_URL": self.endpoint,
            "MINISTACK_HOST": "127.0.0.1", "TMPDIR": str(self.scratch), "LOG_LEVEL": os.environ.get("MINISTACK_LOG", "WARNING"),
        }
        self.server = self.start([VENV / "ministack/bin/ministack"], environment, self.log)
        proxy = [VENV / "boto3/bin/python3", ROOT / "tests/cloud/proxy.py", self.proxy_port, self.port, self.record]
        self.start(proxy, dict(os.environ), self.log)
        self.wait_until_it_answers()

    def start(self, command, environment, log):
        process = subprocess.Popen(
            [str(part) for part in command], cwd=self.scratch, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.started.append(process)
        return process

    def wait_until_it_answers(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2).read()
                return
            except OSError:
                if self.server.poll() is not None:
                    break
                time.sleep(0.2)
        raise RuntimeError(f"ministack does not answer; its log: {self.log.name}")

    def client(self, service, direct=True):
        endpoint = self.direct if direct else self.endpoint
        config = Config(retries={"max_attempts": 3}, read_timeout=120)
        return boto3.client(
            service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test", config=config
        )

    def deploy(self, *overrides, stack="backstep-test", template=None):
        """`sam deploy` of what was built."""
        bucket = "backstep-artifacts"
        self.client("s3").create_bucket(Bucket=bucket)
        said = {"Architecture": architecture(), "OrderSubstitutions": "demo", "DeletionProtection": "false"}
        said.update(override.split("=", 1) for override in overrides)
        overrides = [f"{name}={value}" for name, value in said.items()]
        run(
            VENV / "sam/bin/sam", "deploy", "--config-env", "test", "--stack-name", stack, "--s3-bucket", bucket,
            "--template-file", template or BUILT / "template.yaml", "--parameter-overrides", *overrides, env={**sam_environment(), "AWS_ENDPOINT_URL": self.direct},
        )

    def outputs(self, stack="backstep-test"):
        described = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def resource(self, logical, stack="backstep-test"):
        described = self.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical)
        return described["StackResourceDetail"]["PhysicalResourceId"]

    def variables(self, logical, stack="backstep-test"):
        """The environment of a deployed function."""
        function = self.client("lambda").get_function_configuration(FunctionName=self.resource(logical, stack))
        return function["Environment"]["Variables"]

    def items(self, table):
        """All items of a table, as DynamoDB tells them."""
        return [item for page in self.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True) for item in page["Items"]]

    def head(self, machine, name, stack="backstep-test"):
        """The head of an execution (docs/items.md); none if it was not started."""
        arn = f"arn:aws:states:{REGION}:000000000000:execution:{machine}:{name}"
        table, key = self.outputs(stack)["TableName"], {"pk": {"S": f"H#{arn}"}, "sk": {"S": "head"}}
        return self.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")

    def status(self, machine, name, stack="backstep-test"):
        """What an execution's head says of its status; none if it was not started."""
        return ((self.head(machine, name, stack) or {}).get("status") or {}).get("S")

    def invoke(self, logical, payload, stack="backstep-test"):
        answer = self.client("lambda").invoke(FunctionName=self.resource(logical, stack), Payload=json.dumps(payload).encode())
        text = answer["Payload"].read().decode()
        if answer.get("FunctionError"):
            raise RuntimeError(f"{logical}: {text}")
        return json.loads(text)

    def proxy(self, path, method="GET"):
        request = urllib.request.Request(f"{self.endpoint}/proxy/{path}", method=method)
        return json.load(urllib.request.urlopen(request, timeout=30))

    def close(self):
        for process in reversed(self.started):
            # What a process started is of its own session, and ends with it.
            for sign in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, sign)
                    process.wait(timeout=10)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass
        self.log.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
