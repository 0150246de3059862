"""The order saga on the local server, driven and watched through boto3."""
import json
import pathlib
import unittest
import urllib.request

from server import Server, ended, until

ORDERS = pathlib.Path(__file__).resolve().parents[2] / "events" / "orders"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:order-fulfillment"


class OrderSaga(unittest.TestCase):
    """One server in memory; each case submits an order of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.kill)
        cls.client = cls.server.client()

    def submit(self, file: str) -> str:
        order = (ORDERS / file).read_text()
        return self.client.start_execution(stateMachineArn=MACHINE, name=file.removesuffix(".json"), input=order)["executionArn"]

    def raw(self, operation: str, **request) -> dict:
        """What an operation answers, as it is: boto3 leaves out the members that it does not know."""
        headers = {"X-Amz-Target": f"AWSStepFunctions.{operation}"}
        body = json.dumps(request).encode()
        with urllib.request.urlopen(urllib.request.Request(self.server.endpoint, body, headers), timeout=30) as answer:
            return json.load(answer)

    def events(self, execution: str, kind: str) -> list[dict]:
        events = self.raw("GetExecutionHistory", executionArn=execution, maxResults=1000)["events"]
        return [event for event in events if event["type"] == kind]

    def review_token(self, execution: str) -> str:
        scheduled = until("the review of an order", lambda: self.events(execution, "TaskScheduled"))
        return json.loads(scheduled[0]["taskScheduledEventDetails"]["parameters"])["Payload"]["token"]

    def test_an_order_goes_through(self):
        execution = self.submit("success.json")
        self.assertEqual(ended(self.client, execution)["status"], "SUCCEEDED")
        self.assertEqual(len(self.events(execution, "PivotPassed")), 1)
        self.assertEqual(self.events(execution, "UnwindingStarted"), [])
        self.assertNotIn("compensation", self.raw("DescribeExecution", executionArn=execution))

    def test_a_refused_shipment_is_undone_last_first(self):
        execution = self.submit("carrier-refuses.json")
        self.assertEqual(ended(self.client, execution)["status"], "FAILED")
        succeeded = self.events(execution, "CompensationSucceeded")
        undone = [event["compensationSucceededEventDetails"]["state"] for event in succeeded]
        self.assertEqual(undone, ["ChargePayment", "ReserveInventory"])
        self.assertNotIn("compensation", self.raw("DescribeExecution", executionArn=execution))

    def test_a_review_is_answered_by_its_token(self):
        execution = self.submit("review-approved.json")
        self.client.send_task_success(taskToken=self.review_token(execution), output='{"decision": "approved"}')
        self.assertEqual(ended(self.client, execution)["status"], "SUCCEEDED")

    def test_a_stopped_order_is_undone_and_aborted(self):
        execution = self.submit("review-rejected.json")
        self.review_token(execution)
        self.client.stop_execution(executionArn=execution, error="Cancelled", cause="by the customer")
        description = ended(self.client, execution)
        self.assertEqual((description["status"], description["error"]), ("ABORTED", "Cancelled"))

    def test_a_parked_order_tells_what_it_owes(self):
        execution = self.submit("refund-fails-forever.json")
        description = ended(self.client, execution)
        self.assertEqual((description["status"], description["error"]), ("FAILED", "Backstep.CompensationFailed"))
        self.assertEqual(description["redriveStatus"], "REDRIVABLE")
        compensation = self.raw("DescribeExecution", executionArn=execution)["compensation"]
        self.assertEqual(compensation["parked"], "unwinding")
        self.assertEqual([owed["state"] for owed in compensation["owed"]], ["ReserveInventory", "ChargePayment"])


if __name__ == "__main__":
    unittest.main()
