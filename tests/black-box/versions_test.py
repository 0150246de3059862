"""Versions, aliases and express machines through boto3 and the AWS CLI."""
import json
import os
import subprocess
import unittest

from botocore.exceptions import ClientError
from server import Server, ended

ROLE = "arn:aws:iam::123456789012:role/local"


def answering(answer: str) -> str:
    """A definition whose executions answer this."""
    return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": answer, "End": True}}})


class Versions(unittest.TestCase):
    """One server for all cases; each uses names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.kill)
        cls.client = cls.server.client()

    def name(self) -> str:
        return self.id().rsplit(".", 1)[-1][-80:]

    def published(self, answer: str, **more) -> dict:
        return self.client.create_state_machine(
            name=self.name(), definition=answering(answer), roleArn=ROLE, publish=True, **more
        )

    def output(self, arn: str) -> str:
        execution = self.client.start_execution(stateMachineArn=arn)["executionArn"]
        return json.loads(ended(self.client, execution)["output"])

    def test_a_version_answers_as_it_was_published_whatever_the_machine_became(self):
        created = self.published("first")
        machine, first = created["stateMachineArn"], created["stateMachineVersionArn"]
        updated = self.client.update_state_machine(stateMachineArn=machine, definition=answering("second"), publish=True)
        second = updated["stateMachineVersionArn"]
        self.assertEqual([self.output(arn) for arn in (first, second, machine)], ["first", "second", "second"])
        listed = self.client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
        self.assertEqual([version["stateMachineVersionArn"] for version in listed], [second, first])

    def test_an_alias_leads_where_it_was_told_last(self):
        created = self.published("first")
        machine, first = created["stateMachineArn"], created["stateMachineVersionArn"]
        second = self.client.update_state_machine(stateMachineArn=machine, definition=answering("second"), publish=True)
        alias = self.client.create_state_machine_alias(
            name="live", routingConfiguration=[{"stateMachineVersionArn": first, "weight": 100}]
        )["stateMachineAliasArn"]
        self.assertEqual(self.output(alias), "first")
        self.client.update_state_machine_alias(
            stateMachineAliasArn=alias,
            routingConfiguration=[{"stateMachineVersionArn": second["stateMachineVersionArn"], "weight": 100}],
        )
        self.assertEqual(self.output(alias), "second")
        executions = self.client.list_executions(stateMachineArn=alias)["executions"]
        self.assertEqual({execution["stateMachineAliasArn"] for execution in executions}, {alias})
        with self.assertRaises(ClientError) as refusal:
            self.client.delete_state_machine_version(stateMachineVersionArn=second["stateMachineVersionArn"])
        self.assertEqual(refusal.exception.response["Error"]["Code"], "ConflictException")

    def test_an_express_machine_answers_at_once(self):
        created = self.published("quick", type="EXPRESS")
        answer = self.client.start_sync_execution(stateMachineArn=created["stateMachineArn"], input="{}")
        self.assertEqual((answer["status"], answer["output"]), ("SUCCEEDED", '"quick"'))
        by_version = self.client.start_sync_execution(stateMachineArn=created["stateMachineVersionArn"])
        self.assertEqual(by_version["output"], '"quick"')

    def test_versions_and_aliases_by_the_cli(self):
        created = self.published("first")
        version = created["stateMachineVersionArn"]
        routing = json.dumps([{"stateMachineVersionArn": version, "weight": 100}])
        alias = self.aws("create-state-machine-alias", "--name", "live", "--routing-configuration", routing)
        described = self.aws("describe-state-machine-alias", "--state-machine-alias-arn", alias["stateMachineAliasArn"])
        self.assertEqual(described["routingConfiguration"], [{"stateMachineVersionArn": version, "weight": 100}])
        listed = self.aws("list-state-machine-aliases", "--state-machine-arn", version)
        self.assertEqual(len(listed["stateMachineAliases"]), 1)

    def aws(self, *arguments: str) -> dict:
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
        }
        command = [os.environ["AWS_CLI"], "stepfunctions", *arguments, "--endpoint-url", self.server.endpoint, "--output", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


if __name__ == "__main__":
    unittest.main()
