"""The local server as a process: what it says when it cannot start, who may ask it, how it ends."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from server import Server, free_port

CANNOT_BE_DONE = 3


def local(*arguments: str, cwd: str | None = None) -> subprocess.CompletedProcess:
    """A `backstep local` that is expected to end by itself."""
    command = [os.environ["BACKSTEP_BINARY"], "local", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


class LocalProcess(unittest.TestCase):
    """Processes that start, refuse to start, and end."""

    def ask(self, server: Server, headers: dict, body: bytes = b"{}") -> tuple[int, dict, dict]:
        headers = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", **headers}
        request = urllib.request.Request(server.endpoint, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, dict(refusal.headers), json.load(refusal)

    def test_a_port_in_use_is_named(self):
        with Server() as server:
            ended = local("--in-memory", "--port", str(server.port))
            self.assertEqual(ended.returncode, CANNOT_BE_DONE, ended.stderr)
            self.assertIn(f"port {server.port} is in use", ended.stderr)
            self.assertEqual(ended.stdout, "")

    def test_a_data_directory_in_use_is_named_with_the_process_that_has_it(self):
        with tempfile.TemporaryDirectory() as directory, Server(pathlib.Path(directory)) as server:
            ended = local("--data-dir", directory, "--port", str(free_port()))
            self.assertEqual(ended.returncode, CANNOT_BE_DONE, ended.stderr)
            self.assertIn(directory, ended.stderr)
            self.assertIn(f"process {server.process.pid}", ended.stderr)

    def test_arguments_that_make_no_sense_are_refused(self):
        for arguments in (
            ["--in-memory", "--data-dir", "x"],
            ["--port", "65536"],
            ["--region", "mars"],
            ["--account", "1"],
            ["--host", "not-an-address"],
        ):
            with self.subTest(arguments=arguments):
                ended = local(*arguments)
                self.assertEqual(ended.returncode, 2, ended.stderr)
                self.assertIn("--help", ended.stderr)

    def test_the_default_data_directory_lies_where_it_was_started_and_out_of_version_control(self):
        with tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen(
                [os.environ["BACKSTEP_BINARY"], "local", "--port", "0"], cwd=directory, stdout=subprocess.PIPE, text=True
            )
            try:
                first = process.stdout.readline()
                self.assertRegex(first, r"http://127\.0\.0\.1:\d+\n$")
                self.assertEqual(pathlib.Path(directory, ".backstep", ".gitignore").read_text(), "*\n")
            finally:
                process.terminate()
                process.stdout.close()
                self.assertEqual(process.wait(30), 0)

    def test_every_answer_has_an_id_of_its_own(self):
        with Server() as server:
            ids = [self.ask(server, {})[1]["x-amzn-requestid"] for _ in range(2)]
            self.assertNotEqual(*ids)
            for request_id in ids:
                self.assertTrue(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id), request_id)

    def test_pages_of_other_servers_are_refused(self):
        with Server() as server:
            for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Host": f"10.0.0.1:{server.port}"}):
                with self.subTest(headers=headers):
                    status, _, answer = self.ask(server, headers)
                    self.assertEqual((status, answer["__type"]), (403, "AccessDeniedException"))
            self.assertEqual(self.ask(server, {"Host": f"localhost:{server.port}"})[0], 200)

    def test_the_help_shows_how_to_point_clients_to_it(self):
        shown = local("--help")
        self.assertEqual(shown.returncode, 0)
        for words in ("--endpoint-url http://127.0.0.1:8083", "boto3.client", "--in-memory"):
            self.assertIn(words, shown.stdout)


if __name__ == "__main__":
    unittest.main()
