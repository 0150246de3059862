"""Stands between functions and the emulated cloud: counts what they ask, and delivers messages twice when told to.

    proxy.py PORT UPSTREAM_PORT RECORD [ADDRESS]      on loopback unless told otherwise

`POST /proxy/duplicate?share=0.5` has that share of all sent messages sent a second time. `GET /proxy/counts` answers how often each function asked
what, `POST /proxy/reset` begins to count again. RECORD is a file that gets a JSON line per kind of request, the first time that it is seen.

Functions name themselves in the user agent (`app/NAME`). Requests pass as they are, but for ReturnConsumedCapacity, which is asked for.
"""
import asyncio
import json
import random
import re
import sys
from collections import Counter
from urllib.parse import parse_qs, urlparse

APP = re.compile(r"\bapp/([^ ]+)")


class State:
    def __init__(self, record):
        self.duplicated_share = 0.0
        self.counts = Counter()
        self.units = Counter()
        self.lineages = 0
        self.traces = Counter()
        self.record = open(record, "a", buffering=1)
        self.random = random.Random(4)


def partitions(target, body):
    """The leading keys of a DynamoDB request: for each operation as policies name it, the partition keys without what is individual."""
    def kind(attribute):
        value = next(iter(attribute.values()))
        return value if value in ("A", "M") or value.startswith("W#") else value.split("#")[0] + "#*"

    def of_expression(request):
        values = request.get("ExpressionAttributeValues", {})
        condition = request.get("KeyConditionExpression", "")
        name = re.search(r"= *(:\w+)", condition)
        return values.get(name.group(1)) if name else None

    operation = target.split(".")[1]
    found = []
    if operation in ("PutItem",):
        found.append((operation, kind(body["Item"]["pk"])))
    elif operation in ("GetItem", "UpdateItem", "DeleteItem"):
        found.append((operation, kind(body["Key"]["pk"])))
    elif operation == "Query":
        if body.get("IndexName"):
            found.append((operation, "index/" + body["IndexName"]))
        else:
            found.append((operation, kind(of_expression(body))))
    elif operation == "BatchGetItem":
        for request in body["RequestItems"].values():
            found += [(operation, kind(key["pk"])) for key in request["Keys"]]
    elif operation == "TransactWriteItems":
        for item in body["TransactItems"]:
            (what, request), = item.items()
            name = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}[what]
            found.append((name, kind((request.get("Item") or request.get("Key"))["pk"])))
    else:
        found.append((operation, "?"))
    return sorted(set(found))


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


def counted(state, named, body):
    """Counts a request of a function, and asks DynamoDB for what it consumes. Answers the body to send."""
    target = named.get("x-amz-target", "")
    app = APP.search(named.get("user-agent", ""))
    who = app.group(1) if app else "?"
    trace = named.get("x-amzn-trace-id", "")
    if target.startswith("AmazonSQS."):
        state.traces["with Lineage" if "Lineage" in trace else "without Lineage" if "Root=" in trace else "none"] += 1
    if target.startswith("DynamoDB_"):
        request = json.loads(body)
        for operation, keys in partitions(target, request):
            seen = f"{who}|dynamodb:{operation}|{keys}"
            if seen not in state.counts:
                state.record.write(json.dumps({"function": who, "action": f"dynamodb:{operation}", "resource": keys}) + "\n")
            state.counts[seen] += 1
        state.counts[f"{who}|requests|{target.split('.')[1]}"] += 1
        request["ReturnConsumedCapacity"] = "TOTAL"
        return json.dumps(request).encode()
    if target.startswith("AmazonSQS."):
        queue = (json.loads(body).get("QueueUrl") or "").rsplit("/", 1)[-1]
        seen = f"{who}|sqs:{target.split('.')[1]}|{queue}"
        if seen not in state.counts:
            state.record.write(json.dumps({"function": who, "action": f"sqs:{target.split('.')[1]}", "resource": queue}) + "\n")
        state.counts[seen] += 1
        if target.endswith(".SendMessageBatch"):
            state.counts[f"{who}|messages|{queue}"] += len(json.loads(body)["Entries"])
    return body


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
    elif url.path == "/proxy/reset":
        for counter in (state.counts, state.units, state.traces):
            counter.clear()
    return json.dumps({"counts": state.counts, "units": state.units, "traces": state.traces}).encode()


async def serve(state, upstream, reader, writer):
    try:
        while (message := await read_message(reader)) is not None:
            first, headers, named, body = message
            if " /proxy/" in first:
                writer.write(encoded("HTTP/1.1 200 OK", [("content-type", "application/json")], own(state, first)))
                await writer.drain()
                continue
            again = duplicates(state, named, body)
            body = counted(state, named, body)
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
