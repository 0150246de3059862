"""`backstep attach` and `backstep doctor` over a deployed stack, as an operator uses them."""
import json
import os
import subprocess
import time

import boto3

import emulated

BINARY = os.environ.get("BACKSTEP_BINARY", str(emulated.ROOT / "target/debug/backstep"))


def backstep(cloud, *arguments, **options):
    environment = {**os.environ, **emulated.KEYS, "AWS_ENDPOINT_URL": cloud.direct, "NO_COLOR": "1"}
    return subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True, timeout=120, **options)


def findings(cloud, stack):
    answer = backstep(cloud, "doctor", "--stack", stack, "--format", "json")
    assert answer.returncode in (0, 1), answer.stderr
    found = json.loads(answer.stdout)
    return answer.returncode, {finding["code"] for finding in found["findings"]}, found


class Attached:
    """`backstep attach`, running; to be closed."""

    def __init__(self, cloud, stack):
        environment = {**os.environ, **emulated.KEYS, "AWS_ENDPOINT_URL": cloud.direct, "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [BINARY, "attach", "--stack", stack, "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        first = self.process.stdout.readline()
        self.endpoint = first.split()[-1]
        assert self.endpoint.startswith("http://127.0.0.1:"), first

    def client(self):
        return boto3.client(
            "stepfunctions", endpoint_url=self.endpoint, region_name=emulated.REGION, aws_access_key_id="any", aws_secret_access_key="any"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0, "attach ends well when it is told to"


def until(what, condition, seconds=120):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s: {what}")


def check(cloud, stack="backstep-test"):
    """An order is started, described and stopped through `attach`; `doctor` finds what is wrong, and only that."""
    order = json.loads((emulated.ROOT / "events/orders/success.json").read_text())
    with Attached(cloud, stack) as attached:
        states = attached.client()
        machines = {machine["name"]: machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]}
        assert "order-fulfillment" in machines, machines
        order["orderId"] = "attached-1"
        started = states.start_execution(
            stateMachineArn=machines["order-fulfillment"], name="attached-1", input=json.dumps(order)
        )
        arn = started["executionArn"]
        until("the order ends", lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        described = states.describe_execution(executionArn=arn)
        assert described["status"] == "SUCCEEDED", described
        events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        assert events[0]["type"] == "ExecutionStarted" and events[-1]["type"] == "ExecutionSucceeded", events
        listed = states.list_executions(stateMachineArn=machines["order-fulfillment"])["executions"]
        assert any(execution["executionArn"] == arn for execution in listed), listed
    unknown = backstep(cloud, "attach", "--stack", "no-such-stack", "--port", "0")
    assert unknown.returncode == 3 and "no stack `no-such-stack`" in unknown.stderr, unknown

    # ministack leaves these parts of the template out; doctor finds that, and finds it mended.
    code, codes, found = findings(cloud, stack)
    assert code == 1 and {"loops-are-stopped", "no-recovery", "no-expiry"} <= codes, found
    lambdas, dynamodb, table = cloud.client("lambda"), cloud.client("dynamodb"), cloud.outputs(stack)["TableName"]
    for finding in found["findings"]:
        if finding["code"] == "loops-are-stopped":
            lambdas.put_function_recursion_config(FunctionName=finding["subject"], RecursiveLoop="Allow")
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"})
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    # In the test environment the table is not protected, and alarms tell nobody.
    permitted = {"table-unprotected", "alarms-unheard", "concurrency-low", "older-definitions"}
    code, codes, found = findings(cloud, stack)
    assert code == 0 and codes <= permitted, found
    coordinator = f"{stack}-coordinator"
    lambdas.put_function_recursion_config(FunctionName=coordinator, RecursiveLoop="Terminate")
    sqs = cloud.client("sqs")
    parking = cloud.outputs(stack)["ParkingQueueUrl"]
    sqs.send_message(QueueUrl=parking, MessageBody="nobody can read this")
    code, codes, found = findings(cloud, stack)
    assert code == 1 and {"loops-are-stopped", "parked-messages"} <= codes, found
    lambdas.put_function_recursion_config(FunctionName=coordinator, RecursiveLoop="Allow")
    sqs.purge_queue(QueueUrl=parking)
    print("attached: an order was started, described and listed; doctor finds what was made wrong", flush=True)
