"""The local server through the AWS CLI."""
import json
import os
import subprocess
import unittest

from server import Server, ended

ROLE = "arn:aws:iam::123456789012:role/local"
DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


class AwsCli(unittest.TestCase):
    """`aws stepfunctions ... --endpoint-url`."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.kill)

    def aws(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
        }
        command = [os.environ["AWS_CLI"], "stepfunctions", *arguments, "--endpoint-url", self.server.endpoint, "--output", "json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def answer(self, *arguments: str) -> dict:
        done = self.aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_machine_is_created_started_and_its_history_read(self):
        arn = self.answer("create-state-machine", "--name", "by-cli", "--definition", DEFINITION, "--role-arn", ROLE)["stateMachineArn"]
        started = self.answer("start-execution", "--state-machine-arn", arn, "--name", "first", "--input", '{"a": 1}')
        ended(self.server.client(), started["executionArn"])
        described = self.answer("describe-execution", "--execution-arn", started["executionArn"])
        self.assertEqual((described["status"], json.loads(described["output"])), ("SUCCEEDED", {"a": 1}))
        history = self.answer("get-execution-history", "--execution-arn", started["executionArn"])
        self.assertEqual(history["events"][-1]["type"], "ExecutionSucceeded")

    def test_a_refusal_carries_the_name_that_aws_gives_it(self):
        refused = self.aws("describe-execution", "--execution-arn", "arn:aws:states:us-east-1:123456789012:execution:no:no")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("ExecutionDoesNotExist", refused.stderr)


if __name__ == "__main__":
    unittest.main()
