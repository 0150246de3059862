"""Activities and single states through boto3 and the AWS CLI."""
import json
import tempfile
import threading
import unittest

from server import Server, ended

ROLE = "arn:aws:iam::123456789012:role/local"


def asking(activity: str, **more) -> str:
    """A definition with one task, for workers of this activity."""
    return json.dumps({"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": activity, "End": True, **more}}})


class Activities(unittest.TestCase):
    """One server for all cases; each uses names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.kill)
        cls.client = cls.server.client()

    def name(self) -> str:
        return self.id().rsplit(".", 1)[-1][-80:]

    def started(self, client, **more) -> tuple[str, str]:
        activity = client.create_activity(name=self.name())["activityArn"]
        machine = client.create_state_machine(name=self.name(), definition=asking(activity, **more), roleArn=ROLE)
        execution = client.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"a": 1}')
        return activity, execution["executionArn"]

    def test_a_worker_that_waits_is_given_the_task_when_it_comes(self):
        activity = self.client.create_activity(name=self.name())["activityArn"]
        given = {}

        def work():
            given.update(self.client.get_activity_task(activityArn=activity, workerName="waiting"))

        worker = threading.Thread(target=work)
        worker.start()
        _, execution = self.started(self.client)
        worker.join(30)
        self.assertEqual(json.loads(given["input"]), {"a": 1})
        self.client.send_task_success(taskToken=given["taskToken"], output='"done"')
        self.assertEqual(ended(self.client, execution)["output"], '"done"')
        history = self.client.get_execution_history(executionArn=execution)["events"]
        started = [event for event in history if event["type"] == "ActivityStarted"]
        self.assertEqual(started[0]["activityStartedEventDetails"], {"workerName": "waiting"})

    def test_a_failure_and_a_lost_heartbeat_are_told(self):
        activity, execution = self.started(
            self.client, TimeoutSeconds=60, HeartbeatSeconds=1, Retry=[{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}]
        )
        self.client.get_activity_task(activityArn=activity)
        again = self.client.get_activity_task(activityArn=activity)
        self.client.send_task_failure(taskToken=again["taskToken"], error="Broken", cause="on purpose")
        self.assertEqual(ended(self.client, execution)["error"], "Broken")
        types = [event["type"] for event in self.client.get_execution_history(executionArn=execution)["events"]]
        self.assertEqual([kind for kind in types if kind.startswith("Activity")], [
            "ActivityScheduled", "ActivityStarted", "ActivityTimedOut", "ActivityScheduled", "ActivityStarted", "ActivityFailed",
        ])

    def test_a_task_that_was_given_out_outlives_the_server(self):
        with tempfile.TemporaryDirectory() as directory:
            with Server(directory) as server:
                activity, execution = self.started(server.client())
                token = server.client().get_activity_task(activityArn=activity)["taskToken"]
                server.kill()
            with Server(directory) as server:
                server.client().send_task_success(taskToken=token, output="1")
                self.assertEqual(ended(server.client(), execution)["status"], "SUCCEEDED")

    def test_a_state_is_tried_with_a_mock(self):
        state = {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "QueryLanguage": "JSONata", "End": True,
            "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"}, "Output": "{% $states.result.Payload.total %}",
        }
        answer = self.client.test_state(
            definition=json.dumps(state), input='{"a": 1}', inspectionLevel="TRACE", mock={"result": '{"Payload": {"total": 5}}'}
        )
        self.assertEqual((answer["status"], answer["output"]), ("SUCCEEDED", "5"))
        arguments = json.loads(answer["inspectionData"]["afterArguments"])
        self.assertEqual(arguments, {"FunctionName": "f", "Payload": {"a": 1}})


if __name__ == "__main__":
    unittest.main()
