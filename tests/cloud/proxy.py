"""Stands between functions and the emulated cloud: counts what they ask, and delivers messages twice when told to.

    proxy.py PORT UPSTREAM_PORT RECORD [ADDRESS]      on loopback unless told otherwise

`POST /proxy/duplicate?share=0.5` has that share of all sent messages sent a second time. `GET /proxy/counts` answers how often each function asked
what, `POST /proxy/reset` begins to count again. `POST /proxy/kill?text=TEXT` has a function killed, on this machine, when it asks for something with that text
in it, before that is passed on; without a text no more. RECORD is a file that gets a JSON line per kind of request, the first time that it is seen: the
function, the action, what it is about, and the leading keys (tests/cloud/permissions.py holds them against the policies).

Functions name themselves in the user agent (`app/NAME`). Requests pass as they are, but for ReturnConsumedCapacity, which is asked for.
"""
import asyncio
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

APP = re.compile(r"\bapp/([^ ]+)")


class State:
    def __init__(self, record):
        self.duplicated_share = 0.0
        self.counts = Counter()
        self.units = Counter()
        self.traces = Counter()
        self.deadly, self.kills = b"", 0
        self.seen = set()
        self.record = open(record, "a", buffering=1)
        self.random = random.Random(4)


def kind_of(key):
    """A partition key without what is individual (docs/items.md)."""
    return key if key in ("A", "M") or key.startswith("W#") else key.split("#")[0] + "#*"


def table_requests(operation, body):
    """What a DynamoDB request asks for as policies see it: actions, each with its table or index and with its leading keys."""
    def key(attribute):
        return next(iter(attribute.values()))

    def of_expression(request):
        name = re.search(r"= *(:\w+)", request.get("KeyConditionExpression", ""))
        return key(request["ExpressionAttributeValues"][name.group(1)])

    table = f"table/{body.get('TableName')}"
    if operation == "PutItem":
        return [(operation, table, [key(body["Item"]["pk"])])]
    if operation in ("GetItem", "UpdateItem", "DeleteItem"):
        return [(operation, table, [key(body["Key"]["pk"])])]
    if operation == "Query":
        index = body.get("IndexName")
        return [(operation, f"{table}/index/{index}" if index else table, [of_expression(body)])]
    if operation == "BatchGetItem":
        return [(operation, f"table/{name}", [key(asked["pk"]) for asked in request["Keys"]]) for name, request in body["RequestItems"].items()]
    if operation == "TransactWriteItems":
        # Each of its writes is permitted by the action of that name.
        names = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
        writes = [(names[what], request) for item in body["TransactItems"] for what, request in item.items()]
        return [(name, f"table/{request['TableName']}", [key((request.get("Item") or request["Key"])["pk"])]) for name, request in writes]
    return [(operation, table, [])]


def asked(first, target, body):
    """What a function's request asks for as policies see it: actions with resource and leading keys. What this does not know is its own action."""
    service, _, operation = target.partition(".")
    if service.startswith("DynamoDB_"):
        return [(f"dynamodb:{action}", resource, keys) for action, resource, keys in table_requests(operation, json.loads(body))]
    if service == "AmazonSQS":
        queue = (json.loads(body).get("QueueUrl") or "").rsplit("/", 1)[-1]
        return [(f"sqs:{operation.removesuffix('Batch')}", queue, [])]
    invoked = re.match(r"POST /2015-03-31/functions/([^/]+)/invocations", first)
    if invoked:
        return [("lambda:InvokeFunction", f"function:{unquote(invoked.group(1)).rsplit(':', 1)[-1]}", [])]
    return [(f"?:{target or first}", "?", [])]


async def read_message(reader, is_response=False):
    """A request or response: its first line, headers, and body; none at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    named = {name.lower(): value for name, value in headers}
    if "chunked" in named.get("transfer-encoding", ""):
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        headers = [(name, value) for name, value in headers if name.lower() != "transfer-encoding"]
    else:
        body = await reader.readexactly(int(named.get("content-length", 0)))
    return first, headers, named, body


def encoded(first, headers, body):
    kept = [f"{name}: {value}" for name, value in headers if name.lower() != "content-length"]
    return "\r\n".join([first, *kept, f"content-length: {len(body)}", "", ""]).encode("latin-1") + body


class Upstream:
    """Connections to the emulated cloud, used again."""

    def __init__(self, port):
        self.port, self.idle = port, []

    async def ask(self, message):
        while True:
            reused = bool(self.idle)
            connection = self.idle.pop() if reused else await asyncio.open_connection("127.0.0.1", self.port, limit=8 << 20)
            reader, writer = connection
            try:
                writer.write(message)
                await writer.drain()
                answer = await read_message(reader, True)
            except (ConnectionError, asyncio.IncompleteReadError):
                answer = None
            if answer is None:
                writer.close()
                if reused:
                    continue
                raise ConnectionError("no answer")
            if answer[2].get("connection", "").lower() == "close":
                writer.close()
            else:
                self.idle.append(connection)
            return answer


def counted(state, first, named, body):
    """Counts a request of a function, and asks DynamoDB for what it consumes. Answers the body to send."""
    target = named.get("x-amz-target", "")
    app = APP.search(named.get("user-agent", ""))
    who = app.group(1) if app else "?"
    service, _, operation = target.partition(".")
    trace = named.get("x-amzn-trace-id", "")
    said = "with Lineage" if "Lineage" in trace else "without Lineage" if "Root=" in trace else "none"
    state.traces[f"{service.split('_')[0] or 'Lambda'}|{said}"] += 1
    requests = asked(first, target, body)
    for action, resource, keys in requests:
        seen = (who, action, resource, tuple(sorted({kind_of(key) for key in keys})))
        if app and seen not in state.seen:
            state.seen.add(seen)
            state.record.write(json.dumps({"function": who, "action": action, "resource": resource, "keys": keys}) + "\n")
    if service.startswith("DynamoDB_"):
        for action, kind in sorted({(action, kind_of(key)) for action, _, keys in requests for key in keys}):
            state.counts[f"{who}|{action}|{kind}"] += 1
        state.counts[f"{who}|requests|{operation}"] += 1
        request = json.loads(body)
        request["ReturnConsumedCapacity"] = "TOTAL"
        return json.dumps(request).encode()
    if service == "AmazonSQS":
        queue = requests[0][1]
        state.counts[f"{who}|sqs:{operation}|{queue}"] += 1
        if operation == "SendMessageBatch":
            state.counts[f"{who}|messages|{queue}"] += len(json.loads(body)["Entries"])
    return body


def kills(state, named, body, peer):
    """Whether the function that asks was killed for it: one that says what is not to be said, as a handler dies that runs out of memory."""
    if not state.deadly or state.deadly not in body or not APP.search(named.get("user-agent", "")):
        return False
    pid = owner_of(peer[1])
    if pid:
        os.kill(pid, signal.SIGKILL)
        state.kills += 1
    return bool(pid)


def owner_of(port):
    """The process of this machine whose connection has this port at its end; none if it is gone."""
    for entry in Path("/proc").iterdir():
        try:
            if not os.readlink(entry / "exe").endswith("bootstrap"):
                continue
            sockets = {os.readlink(handle) for handle in (entry / "fd").iterdir()}
            for line in (entry / "net/tcp").read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == port and f"socket:[{fields[9]}]" in sockets:
                    return int(entry.name)
        except (OSError, ValueError):
            continue
    return None


def duplicates(state, named, body):
    """A second send of some of the messages of a batch; none if nothing is to be sent twice."""
    if not state.duplicated_share or named.get("x-amz-target") != "AmazonSQS.SendMessageBatch":
        return None
    batch = json.loads(body)
    again = [dict(entry) for entry in batch["Entries"] if state.random.random() < state.duplicated_share]
    for entry in again:
        if "MessageDeduplicationId" in entry:
            entry["MessageDeduplicationId"] = f"{state.random.getrandbits(128):032x}"
    return json.dumps({"QueueUrl": batch["QueueUrl"], "Entries": again}).encode() if again else None


def capacity(state, named, answer):
    if not named.get("x-amz-target", "").startswith("DynamoDB_"):
        return
    app = APP.search(named.get("user-agent", ""))
    who = app.group(1) if app else "?"
    operation = named["x-amz-target"].split(".")[1]
    try:
        consumed = json.loads(answer).get("ConsumedCapacity")
    except ValueError:
        return
    for one in consumed if isinstance(consumed, list) else [consumed] if consumed else []:
        kind = "read" if operation in ("GetItem", "Query", "BatchGetItem") else "write"
        state.units[f"{who}|{kind}"] += one.get("CapacityUnits", 0)


def own(state, first):
    """What is asked of the proxy itself."""
    method, path, _ = first.split(" ", 2)
    url = urlparse(path)
    if url.path == "/proxy/duplicate":
        state.duplicated_share = float(parse_qs(url.query)["share"][0])
    elif url.path == "/proxy/kill":
        state.deadly, state.kills = parse_qs(url.query).get("text", [""])[0].encode(), 0
    elif url.path == "/proxy/reset":
        for counter in (state.counts, state.units, state.traces):
            counter.clear()
    return json.dumps({"counts": state.counts, "units": state.units, "traces": state.traces, "kills": state.kills}).encode()


async def serve(state, upstream, reader, writer):
    try:
        while (message := await read_message(reader)) is not None:
            first, headers, named, body = message
            if " /proxy/" in first:
                writer.write(encoded("HTTP/1.1 200 OK", [("content-type", "application/json")], own(state, first)))
                await writer.drain()
                continue
            if kills(state, named, body, writer.get_extra_info("peername")):
                break
            again = duplicates(state, named, body)
            body = counted(state, first, named, body)
            status, answered, _, text = await upstream.ask(encoded(first, headers, body))
            capacity(state, named, text)
            writer.write(encoded(status, answered, text))
            await writer.drain()
            if again:
                await upstream.ask(encoded(first, headers, again))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main(port, upstream_port, record, address="127.0.0.1"):
    state, upstream = State(record), Upstream(upstream_port)
    server = await asyncio.start_server(lambda r, w: serve(state, upstream, r, w), address, port, limit=8 << 20)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
