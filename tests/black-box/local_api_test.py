"""The local server through boto3: state machines, executions, histories, refusals."""
import json
import unittest

from botocore.exceptions import ClientError
from server import Server, ended, until

ROLE = "arn:aws:iam::123456789012:role/local"


def machine(*states: tuple[str, dict]) -> str:
    """A definition of these states, one after the other."""
    names = [name for name, _ in states]
    links = [{"Next": name} for name in names[1:]] + [{"End": True}]
    ends = ("Succeed", "Fail")
    return json.dumps(
        {
            "StartAt": names[0],
            "States": {n: s if s["Type"] in ends else {**s, **link} for (n, s), link in zip(states, links)},
        }
    )


class LocalApi(unittest.TestCase):
    """One server in memory for all cases; each uses names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.kill)
        cls.client = cls.server.client()

    def create(self, definition: str) -> str:
        # The last part of the test's id is its name: unique, hence fit to name a machine.
        name = self.id().rsplit(".", 1)[-1][-80:]
        answer = self.client.create_state_machine(name=name, definition=definition, roleArn=ROLE)
        return answer["stateMachineArn"]

    def refused(self, code: str, operation: str, **parameters) -> dict:
        with self.assertRaises(ClientError) as refusal:
            getattr(self.client, operation)(**parameters)
        self.assertEqual(refusal.exception.response["Error"]["Code"], code)
        return refusal.exception.response

    def test_the_order_machine_is_registered(self):
        names = [m["name"] for page in self.client.get_paginator("list_state_machines").paginate() for m in page["stateMachines"]]
        self.assertIn("order-fulfillment", names)

    def test_an_execution_runs_to_its_output(self):
        arn = self.create(machine(("Add", {"Type": "Pass", "Result": 2, "ResultPath": "$.two"})))
        started = self.client.start_execution(stateMachineArn=arn, name="one", input='{"one": 1}')
        self.assertEqual(started["executionArn"], arn.replace(":stateMachine:", ":execution:") + ":one")
        description = ended(self.client, started["executionArn"])
        self.assertEqual(description["status"], "SUCCEEDED")
        self.assertEqual(json.loads(description["output"]), {"one": 1, "two": 2})
        self.assertEqual(description["input"], '{"one": 1}')
        self.assertGreaterEqual(description["stopDate"], description["startDate"])

    def test_a_machine_is_described_updated_and_deleted(self):
        first = machine(("A", {"Type": "Pass"}))
        second = machine(("B", {"Type": "Pass"}))
        arn = self.create(first)
        self.assertEqual(self.client.describe_state_machine(stateMachineArn=arn)["definition"], first)
        self.client.update_state_machine(stateMachineArn=arn, definition=second)
        description = self.client.describe_state_machine(stateMachineArn=arn)
        self.assertEqual((description["definition"], description["status"]), (second, "ACTIVE"))
        self.client.delete_state_machine(stateMachineArn=arn)
        self.refused("StateMachineDoesNotExist", "describe_state_machine", stateMachineArn=arn)

    def test_a_history_comes_in_pages_and_backwards(self):
        arn = self.create(machine(*((f"S{i}", {"Type": "Pass"}) for i in range(5))))
        execution = self.client.start_execution(stateMachineArn=arn)["executionArn"]
        ended(self.client, execution)
        pages, token = [], {}
        while not pages or token:
            page = self.client.get_execution_history(executionArn=execution, maxResults=5, **token)
            pages.append(page["events"])
            token = {"nextToken": page["nextToken"]} if page.get("nextToken") else {}
        self.assertEqual([len(page) for page in pages], [5, 5, 2])
        events = [event for page in pages for event in page]
        self.assertEqual([event["id"] for event in events], list(range(1, 13)))
        kinds = ["ExecutionStarted"] + ["PassStateEntered", "PassStateExited"] * 5 + ["ExecutionSucceeded"]
        self.assertEqual([event["type"] for event in events], kinds)
        backwards = self.client.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
        self.assertEqual([event["id"] for event in backwards], list(range(12, 0, -1)))

    def test_a_start_repeated_with_the_same_input_is_answered_as_the_first(self):
        arn = self.create(machine(("Long", {"Type": "Wait", "Seconds": 600})))
        start = {"stateMachineArn": arn, "name": "same", "input": '{"a": 1}'}
        first, again = self.client.start_execution(**start), self.client.start_execution(**start)
        self.assertEqual((first["executionArn"], first["startDate"]), (again["executionArn"], again["startDate"]))
        self.refused("ExecutionAlreadyExists", "start_execution", **{**start, "input": '{"a": 2}'})
        self.client.stop_execution(executionArn=first["executionArn"])

    def test_a_stopped_execution_is_aborted_with_its_error_and_cause(self):
        arn = self.create(machine(("Long", {"Type": "Wait", "Seconds": 600})))
        execution = self.client.start_execution(stateMachineArn=arn)["executionArn"]
        self.client.stop_execution(executionArn=execution, error="Because", cause="of this")
        description = ended(self.client, execution)
        self.assertEqual((description["status"], description["error"], description["cause"]), ("ABORTED", "Because", "of this"))

    def test_a_failed_execution_names_its_error(self):
        arn = self.create(machine(("No", {"Type": "Fail", "Error": "Never", "Cause": "on purpose"})))
        description = ended(self.client, self.client.start_execution(stateMachineArn=arn)["executionArn"])
        self.assertEqual((description["status"], description["error"], description["cause"]), ("FAILED", "Never", "on purpose"))

    def test_executions_are_listed_by_status(self):
        arn = self.create(json.dumps({"StartAt": "Is", "States": {
            "Is": {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Yes"}], "Default": "No"},
            "Yes": {"Type": "Succeed"},
            "No": {"Type": "Fail"},
        }}))
        for name, ok in (("good", True), ("bad", False)):
            started = self.client.start_execution(stateMachineArn=arn, name=name, input=json.dumps({"ok": ok}))
            ended(self.client, started["executionArn"])
        for status, names in (("SUCCEEDED", ["good"]), ("FAILED", ["bad"]), ("RUNNING", [])):
            # A list may lag behind.
            until(f"{names} listed as {status}", lambda: names == [
                execution["name"] for execution in self.client.list_executions(stateMachineArn=arn, statusFilter=status)["executions"]
            ])

    def test_what_is_asked_wrongly_is_refused_by_the_names_of_aws(self):
        missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing"
        nobody = "arn:aws:states:us-east-1:123456789012:execution:missing:nobody"
        arn = self.create(machine(("A", {"Type": "Pass"})))
        done = self.client.start_execution(stateMachineArn=arn)["executionArn"]
        ended(self.client, done)
        for code, operation, parameters in (
            ("StateMachineDoesNotExist", "start_execution", {"stateMachineArn": missing}),
            ("ExecutionDoesNotExist", "describe_execution", {"executionArn": nobody}),
            ("ExecutionDoesNotExist", "stop_execution", {"executionArn": nobody}),
            ("ExecutionNotRedrivable", "redrive_execution", {"executionArn": done}),
            ("InvalidArn", "describe_state_machine", {"stateMachineArn": "not-an-arn"}),
            ("InvalidExecutionInput", "start_execution", {"stateMachineArn": arn, "input": "{"}),
            ("InvalidName", "create_state_machine", {"name": "a b", "definition": machine(("A", {"Type": "Pass"})), "roleArn": ROLE}),
            ("InvalidToken", "send_task_success", {"taskToken": "no-token-of-ours", "output": "{}"}),
            ("InvalidToken", "send_task_heartbeat", {"taskToken": "no-token-of-ours"}),
        ):
            with self.subTest(operation=operation, code=code):
                answer = self.refused(code, operation, **parameters)
                self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_all_mistakes_of_a_definition_are_named_at_once(self):
        definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere", "Resut": 1}, "B": {"Type": "Wait"}}}'
        answer = self.refused("InvalidDefinition", "create_state_machine", name="mistaken", definition=definition, roleArn=ROLE)
        message = answer["Error"]["Message"]
        for word in ("Nowhere", "Resut", "/States/B"):
            self.assertIn(word, message)


if __name__ == "__main__":
    unittest.main()
