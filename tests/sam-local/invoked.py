"""`sam local invoke` over a deployed stack whose queues nobody polls, and what an invocation left in table and queues."""
import io
import ipaddress
import json
import os
import re
import subprocess
import tempfile
import threading
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import emulated
from boto3.dynamodb.types import TypeDeserializer

ROOT = emulated.ROOT
SAM = emulated.VENV / "sam/bin/sam"


def gateway():
    """Where containers reach this machine: the SAM CLI gives them Docker's own network, whatever `--docker-network host` says."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    config = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)[0]
    given = config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))
    return given.split("/")[0]


class Answers(BaseHTTPRequestHandler):
    """Stands where CloudFormation waits for the answers of custom resources."""

    def do_PUT(self):
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Left:
    """What an invocation answered and left: items by kind, messages by queue, what CloudFormation was told."""

    def __init__(self, response, table, sent, told, log):
        self.response, self.table, self.sent, self.told, self.log = response, table, sent, told, log

    def counted(self):
        """For comparison: how many items of each kind are new or changed, how many messages each queue got, how many come again."""
        again = len((self.response or {}).get("batchItemFailures", [])) if isinstance(self.response, dict) else 0
        return dict(Counter(kind(key) for key in self.table)), {queue: len(sent) for queue, sent in self.sent.items()}, again

    def reasons(self):
        return [message["attributes"].get("reason") for message in self.sent.get("parking", [])]


def kind(key):
    """The kind of an item: docs/items.md. A handler's by its partition, without what is individual."""
    partition = key[0]
    return "#".join(partition.split("#")[:2]) if partition.startswith("W#") else partition.split("#")[0]


class Stack:
    """The stack, deployed, with nobody who polls its queues or rings each minute."""

    def __init__(self, cloud):
        self.cloud = cloud
        variables = cloud.variables("CoordinatorFunction")
        self.quiet()
        self.table_name, self.queues = variables["BACKSTEP_TABLE"], json.loads(variables["BACKSTEP_QUEUES"])
        self.dynamodb, self.sqs = cloud.client("dynamodb"), cloud.client("sqs")
        self.host = gateway()
        port = emulated.free_port()
        cloud.start(
            [emulated.VENV / "boto3/bin/python3", ROOT / "tests/cloud/proxy.py", port, cloud.port, cloud.record, self.host], dict(os.environ), cloud.log
        )
        self.cloudformation = HTTPServer((self.host, 0), Answers)
        self.cloudformation.taken = []
        threading.Thread(target=self.cloudformation.serve_forever, daemon=True).start()
        self.folder = Path(tempfile.mkdtemp(dir=cloud.scratch))
        # `sam local invoke` sets only variables that the template has.
        built = (emulated.BUILT / "template.yaml").read_text()
        told, changes = re.subn(r"^( +)BACKSTEP_STACK:", r'\1AWS_ENDPOINT_URL: ""\n\1BACKSTEP_STACK:', built, count=1, flags=re.M)
        assert changes == 1, "the template has no variables"
        self.template = emulated.BUILT / "template-local.yaml"
        self.template.write_text(told)
        self.variables = self.folder / "variables.json"
        self.variables.write_text(json.dumps({"Parameters": {**variables, "AWS_ENDPOINT_URL": f"http://{self.host}:{port}"}}))
        self.drain()

    def quiet(self):
        functions, events = self.cloud.client("lambda"), self.cloud.client("events")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.delete_event_source_mapping(UUID=mapping["UUID"])
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])

    def items(self):
        found, start = {}, {}
        while True:
            page = self.dynamodb.scan(TableName=self.table_name, ConsistentRead=True, **start)
            for item in page["Items"]:
                found[(item["pk"]["S"], item["sk"]["S"])] = {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
            if not page.get("LastEvaluatedKey"):
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def change(self, key, name, value):
        """Changes a number in an item."""
        self.dynamodb.update_item(
            TableName=self.table_name, Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}}, UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name}, ExpressionAttributeValues={":value": {"N": str(value)}},
        )

    def drain(self):
        """Takes out of all queues what can be received, and tells it; what is delayed is only counted, once."""
        taken = {}
        for name, url in self.queues.items():
            messages = []
            while True:
                page = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", [])
                if not page:
                    break
                for message in page:
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    attributes = {key: value.get("StringValue") for key, value in message.get("MessageAttributes", {}).items()}
                    messages.append({"body": message["Body"], "attributes": attributes})
            delayed = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
            if int(delayed["Attributes"]["ApproximateNumberOfMessagesDelayed"]):
                self.sqs.purge_queue(QueueUrl=url)
                count = int(delayed["Attributes"]["ApproximateNumberOfMessagesDelayed"])
                messages += [{"body": "", "attributes": {}, "delayed": True}] * count
            if messages:
                taken[name] = messages
        return taken

    def invoke(self, function, event, change=lambda text: text):
        """Invokes a function with a payload of `events/`, after `change` of its text; answers what it left."""
        address = f"http://{self.host}:{self.cloudformation.server_port}/response"
        text = change((ROOT / "events" / event).read_text()).replace("http://127.0.0.1:9/response", address)
        payload = self.folder / "event.json"
        payload.write_text(text)
        before, told_before = self.items(), len(self.cloudformation.taken)
        command = [
            SAM, "local", "invoke", function, "--event", payload, "--template", self.template, "--env-vars", self.variables, "--skip-pull-image",
            "--parameter-overrides", f"Architecture={emulated.architecture()}",
        ]
        environment = {**os.environ, **emulated.KEYS, "SAM_CLI_TELEMETRY": "0"}
        done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"sam local invoke {function} with {event}: exit code {done.returncode}\n{done.stderr[-3000:]}")
        try:
            response = json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            response = done.stdout
        after = self.items()
        changed = {key: after.get(key) for key in {*before, *after} if before.get(key) != after.get(key)}
        return Left(response, changed, self.drain(), self.cloudformation.taken[told_before:], done.stderr)

    def serve_hello(self):
        """A function that is none of the stack's, for the dispatcher to call."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("index.py", 'def handler(event, _):\n    return {"greeting": "Hello " + event["name"]}\n')
        self.cloud.client("lambda").create_function(
            FunctionName="backstep-task-hello", Runtime="python3.12", Handler="index.handler", Role="arn:aws:iam::000000000000:role/hello",
            Code={"ZipFile": archive.getvalue()},
        )
