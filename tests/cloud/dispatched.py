"""A function that is none of the stack's is called by a state machine of one's own, which `attach` registers."""
import io
import json
import zipfile

import emulated
from attached import Attached, until

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:backstep-task-hello"
MACHINE = {"StartAt": "Hello", "States": {"Hello": {"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 30, "End": True}}}


def serve_hello(cloud):
    """The function."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.py", 'def handler(event, _):\n    return {"greeting": "Hello " + event["name"]}\n')
    cloud.client("lambda").create_function(
        FunctionName="backstep-task-hello", Runtime="python3.12", Handler="index.handler", Role="arn:aws:iam::000000000000:role/hello",
        Code={"ZipFile": archive.getvalue()},
    )


def check(cloud, stack="backstep-test"):
    serve_hello(cloud)
    with Attached(cloud, stack) as attached:
        states = attached.client()
        role = "arn:aws:iam::000000000000:role/any"
        machine = states.create_state_machine(name="hello", definition=json.dumps(MACHINE), roleArn=role)["stateMachineArn"]
        # An input of more than 4 KiB is a value item, one of more than 48 KiB travels by reference: the dispatcher reads it from the table.
        given = {"name": "Ada", "note": "x" * 60_000}
        arn = states.start_execution(stateMachineArn=machine, name="hello-1", input=json.dumps(given))["executionArn"]
        until("the function was called", lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        described = states.describe_execution(executionArn=arn)
        assert described["status"] == "SUCCEEDED" and json.loads(described["output"]) == {"greeting": "Hello Ada"}, described
    print("dispatched: a function that is none of ours was called", flush=True)
