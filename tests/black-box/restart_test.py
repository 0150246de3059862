"""The local server ended and started again on one data directory."""
import json
import pathlib
import tempfile
import unittest

from server import Server, ended

ROLE = "arn:aws:iam::123456789012:role/local"
PAUSE = json.dumps(
    {
        "StartAt": "Pause",
        "States": {"Pause": {"Type": "Wait", "Seconds": 2, "Next": "Done"}, "Done": {"Type": "Pass", "Result": "done", "End": True}},
    }
)


class Restart(unittest.TestCase):
    """An open execution outlives the process, however that ended."""

    def continues_after(self, end) -> None:
        with tempfile.TemporaryDirectory() as directory:
            data_dir = pathlib.Path(directory)
            with Server(data_dir) as server:
                client = server.client()
                machine = client.create_state_machine(name="paused", definition=PAUSE, roleArn=ROLE)["stateMachineArn"]
                execution = client.start_execution(stateMachineArn=machine, name="open", input="{}")["executionArn"]
                end(server)
            with Server(data_dir) as server:
                client = server.client()
                description = ended(client, execution)
                self.assertEqual((description["status"], description["output"]), ("SUCCEEDED", '"done"'))
                self.assertEqual(client.describe_state_machine(stateMachineArn=machine)["definition"], PAUSE)

    def test_an_open_execution_continues_after_sigkill(self):
        self.continues_after(lambda server: server.kill())

    def test_an_open_execution_continues_after_sigterm(self):
        self.continues_after(lambda server: self.assertEqual(server.terminate(), 0))


if __name__ == "__main__":
    unittest.main()
