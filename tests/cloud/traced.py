"""Shows that no message and no call leaves with `Lineage` in its trace header, by which Lambda counts passes from function to function and stops them.

A built function is given an invocation whose trace has one, as Lambda gives it: the SDK then copies it into every request, DynamoDB's too, on which nothing
depends. So the proxy sees that it would be there, and that it is not where it counts.
"""
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import emulated

TRACE = "Root=1-6a000000-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0;Lineage=1:5759e988:15"


class Runtime(BaseHTTPRequestHandler):
    """Lambda's runtime API, as far as one invocation needs it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.given.is_set():
            # There is no second invocation: the function waits until it is ended.
            self.server.over.wait(60)
            self.close_connection = True
            return
        self.server.given.set()
        self.send_response(200)
        for name, value in {
            "Lambda-Runtime-Aws-Request-Id": "00000000-0000-4000-8000-000000000000", "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:traced", "Lambda-Runtime-Trace-Id": TRACE,
            "Content-Length": str(len(self.server.event)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.event)

    def do_POST(self):
        self.server.answers.append((self.path.rsplit("/", 1)[-1], self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answered.set()

    def log_message(self, *_):
        pass


def invoke(cloud, function, event):
    """One invocation of a built function, in a trace with Lineage; its answer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
    server.event, server.answers = event.encode(), []
    # A function that is ended while it waits leaves its connection behind.
    server.handle_error = lambda *_: None
    server.given, server.answered, server.over = threading.Event(), threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **os.environ, **emulated.KEYS, **cloud.variables(f"{function}Function"), "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": f"traced-{function}", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "traced", "AWS_LAMBDA_LOG_STREAM_NAME": "traced",
    }
    bootstrap = emulated.BUILT / f"{function}Function/bootstrap"
    process = subprocess.Popen([str(bootstrap)], env=environment, stdout=cloud.log, stderr=cloud.log)
    try:
        assert server.answered.wait(60), f"{function} does not answer"
    finally:
        process.kill()
        process.wait()
        server.over.set()
        server.shutdown()
    ((what, answer),) = server.answers
    assert what == "response", (what, answer)
    return json.loads(answer)


def check(cloud):
    def counts():
        return cloud.proxy("counts")["traces"]

    before = counts()
    assert before.get("AmazonSQS|without Lineage", 0) > 100, f"the functions of the stack sent hardly anything: {before}"
    assert not any("with Lineage" in said.split("|") for said in before), f"{before}"
    order = json.loads((emulated.ROOT / "events/orders/success.json").read_text())
    order["orderId"] = "traced-1"
    event = json.loads((emulated.ROOT / "events/start/first-delivery.json").read_text())
    event["Records"][0]["body"] = json.dumps(order)
    assert invoke(cloud, "Start", json.dumps(event)) == {"batchItemFailures": []}
    assert invoke(cloud, "Dispatcher", (emulated.ROOT / "events/dispatcher/call.json").read_text()) == {"batchItemFailures": []}
    after = counts()
    assert after.get("DynamoDB|with Lineage", 0) > 0, f"the trace of the invocation is not seen: {after}"
    # The SDK's clients are given a trace of their own; the client that calls functions says nothing of one, and Lambda begins it.
    for service, said in (("AmazonSQS", "without Lineage"), ("Lambda", "none")):
        assert after.get(f"{service}|{said}", 0) > before.get(f"{service}|{said}", 0), f"{service}: nothing was sent: {after}"
        assert not after.get(f"{service}|with Lineage"), f"{service} was asked with Lineage: {after}"
    print("traced: what is sent and called begins a trace of its own; an invocation's Lineage would be seen", flush=True)
