"""Holds what functions asked for, as the proxy recorded it, against the policies of a deployed stack.

The emulated cloud permits everything. So each request is judged here by the policies of its function's role, as IAM judges it: action, resource, leading
keys. And what no function ever asked for is told: each permission is used, or stands in NEVER_ASKED with a reason.
"""
import copy
import fnmatch
import json
from collections import defaultdict

# What Lambda itself asks for as the function: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>, "Execution role permissions".
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
# What is permitted and not asked for by these tests, as patterns of function, action and target (a queue, or leading keys): why it is needed.
WORKERS = "Inventory|Payment|Shipping|Notification|Review"
NEVER_ASKED = [
    # A dispatched request has such an input here; a worker's would have to have one of more than 48 KiB (docs/queues.md), which no order has.
    (WORKERS, "dynamodb:BatchGetItem", "V#*", "the input of a request that travels by reference is read"),
    (WORKERS, "dynamodb:PutItem", "W#*", "an item that has expired and was not deleted yet is written afresh (shared/store-dynamodb, `Form::Afresh`)"),
    (WORKERS, "dynamodb:GetItem", "W#*", "what stands where a condition failed is read, unless the answer says it"),
    ("*", "sqs:SendMessage", "parking", "what nobody can read is parked"),
    (WORKERS + "|Dispatcher", "sqs:SendMessage", "tasks-*", "a request that comes for the tenth time is sent anew (functions/src/batch.rs)"),
    ("Start", "sqs:SendMessage", "orders", "an order that comes for the tenth time is sent anew (functions/src/batch.rs)"),
    # A start publishes what its first transition asks for: the order saga's, to validate the order; other definitions', anything.
    ("Start", "sqs:SendMessage", "tasks-*", "the first task of a definition may be any"),
    ("Start|Coordinator", "sqs:SendMessage", "answers.fifo", "further pages of more than 100 requests, and of a renewal (docs/adr/0017, 0019)"),
    ("Coordinator", "sqs:SendMessage", "tasks-*", "any task of a definition is asked for, and asked for again"),
    ("Start|Coordinator", "dynamodb:PutItem", "V#*", "inputs and outputs of more than 4 KiB are value items; no order has one"),
    ("Start|Coordinator", "dynamodb:BatchGetItem", "V#*", "and are read where a state needs them"),
    ("Start", "dynamodb:UpdateItem", "H#*", "a definition may end with its first transition, and its head is told"),
    ("Start", "dynamodb:GetItem", "H#*", "whoever loses a race for a name reads who has it"),
    ("Start", "dynamodb:GetItem|dynamodb:DeleteItem", "I#*", "whoever loses a race for a name takes away what pointed to it"),
    ("Start", "dynamodb:GetItem|dynamodb:UpdateItem", "L#*", "a definition may be stopped, or revoke, with what a start brings in"),
    ("Coordinator", "dynamodb:GetItem", "H#*", "heads are read for renewals, and of what ended or is redriven"),
    ("Coordinator", "dynamodb:Query", "V#*|L#*", "a renewal goes through the items of an execution (docs/adr/0019)"),
    ("Coordinator", "dynamodb:UpdateItem", "X#*|V#*|I#*", "a renewal moves the expiry of each"),
    ("Coordinator", "dynamodb:UpdateItem", "L#*", "what is undone is revoked first"),
    ("Start|Coordinator", "dynamodb:PutItem|dynamodb:UpdateItem", "W#api#offers#*", "tasks of activities are offered to their workers; no order has one"),
    ("Dispatcher", "lambda:InvokeFunction", "backstep-task-*", "its client of services does not say whose it is: dispatched.py has it call one"),
    ("Watch", "sqs:SendMessage", "hints", "what is due is woken: in releases.py that of the restored stack; in this one nothing may be, in so short a time"),
    ("Definitions", "dynamodb:DeleteItem", "M", "a state machine that a stack has no longer is deleted"),
]


def listed(value):
    return value if isinstance(value, list) else [value]


class Denied(Exception):
    """A request that no statement permits."""


class Permissions:
    """The policies of a stack's functions, and what they were needed for."""

    def __init__(self, statements):
        self.statements, self.used = statements, set()

    @classmethod
    def of(cls, cloud, stack):
        """Those of a deployed stack: by function, each statement of its role."""
        resources = cloud.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        functions = {one["PhysicalResourceId"]: one["LogicalResourceId"] for one in resources if one["ResourceType"] == "AWS::Lambda::Function"}
        lambdas, iam = cloud.client("lambda"), cloud.client("iam")
        statements = {}
        for physical, logical in functions.items():
            role = lambdas.get_function_configuration(FunctionName=physical)["Role"].rsplit("/", 1)[-1]
            documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in iam.list_role_policies(RoleName=role)["PolicyNames"]]
            documents = [json.loads(document) if isinstance(document, str) else document for document in documents]
            statements[logical.removesuffix("Function")] = [statement for document in documents for statement in document["Statement"]]
        permissions = cls(statements)
        permissions.names = {physical: logical.removesuffix("Function") for physical, logical in functions.items()}
        return permissions

    def judge(self, function, action, resource, keys):
        """Notes the statement that permits a request.

        Raises Denied if there is none.
        """
        for place, statement in enumerate(self.statements[function]):
            if statement["Effect"] != "Allow":
                raise ValueError(f"{function}: only what is allowed is understood: {statement}")
            if action not in listed(statement["Action"]):
                continue
            targets = [pattern for pattern in listed(statement["Resource"]) if fnmatch.fnmatchcase(resource, pattern)]
            patterns = permitted_keys(statement)
            if not targets or (patterns is not None and not (keys and all(matches(key, patterns) for key in keys))):
                continue
            for key in keys if patterns is not None else [None]:
                target = next(pattern for pattern in patterns if matches(key, [pattern])) if key is not None else last(targets[0])
                self.used.add((function, place, action, target))
            return
        raise Denied(f"{function} is not permitted {action} on {resource} with the keys {keys}")

    def given(self):
        """Each permission: function, place of its statement, action, target."""
        for function, statements in self.statements.items():
            for place, statement in enumerate(statements):
                for action in listed(statement["Action"]):
                    for target in permitted_keys(statement) or [last(resource) for resource in listed(statement["Resource"])]:
                        yield function, place, action, target


def matches(key, patterns):
    return any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)


def last(arn):
    """A queue's name without its stack's, or what an ARN ends in."""
    return arn.rsplit(":", 1)[-1]


def permitted_keys(statement):
    """The patterns of a statement's leading keys; none if it does not look at them. Only conditions of the template's form are understood."""
    condition = statement.get("Condition")
    if not condition:
        return None
    if set(condition) != {"ForAllValues:StringLike", "Null"} or condition["Null"] != {"dynamodb:LeadingKeys": "false"}:
        raise ValueError(f"a condition that is not understood: {condition}")
    return listed(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])


def recorded(path):
    """The requests that the proxy saw."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def denied(permissions, requests):
    """What is not permitted, in words."""
    found = []
    for request in requests:
        function = permissions.names.get(request["function"])
        if function is None:
            continue
        try:
            permissions.judge(function, request["action"], arn_of(request), request["keys"])
        except Denied as refusal:
            found.append(str(refusal))
    return found


def arn_of(request):
    service = request["action"].split(":")[0]
    return f"arn:aws:{service}:us-east-1:000000000000:{request['resource']}"


def damages(permissions, requests):
    """The same policies, each time without one action of a statement that was used: what was taken out, and what is denied then."""
    for function, place, action in sorted({used[:3] for used in permissions.used}):
        statements = copy.deepcopy(permissions.statements)
        left = [one for one in listed(statements[function][place]["Action"]) if one != action]
        statements[function][place]["Action"] = left or ["none:None"]
        damaged = Permissions(statements)
        damaged.names = permissions.names
        yield f"{function}: {action} of statement {place}", denied(damaged, requests)


def explains(reason, function, action, target):
    return all(any(fnmatch.fnmatchcase(said, pattern) for pattern in patterns.split("|")) for said, patterns in zip((function, action, target), reason))


def unused(permissions, stack):
    """What nobody ever asked for and nobody explains, by function and action; and explanations of what is not there."""
    never, explained = defaultdict(list), set()
    for function, place, action, target in permissions.given():
        name = target.removeprefix(f"{stack}-")
        reasons = [reason for reason in NEVER_ASKED if explains(reason, function, action, name)]
        explained.update(reasons)
        asked = (function, place, action, target) in permissions.used or action in LOGGING | POLLING
        if not asked and not reasons:
            never[f"{function} {action}"].append(name)
    return dict(never), [reason for reason in NEVER_ASKED if reason not in explained]


def check(cloud, stack="backstep-test"):
    """Everything that was asked for is permitted; nothing is permitted that nobody asks for; and this would notice an action that is missing."""
    permissions, requests = Permissions.of(cloud, stack), recorded(cloud.record)
    refused = denied(permissions, requests)
    assert not refused, "\n".join(["policies do not permit what functions ask for:", *refused])
    missed = [what for what, found in damages(permissions, requests) if not found]
    assert not missed, f"nobody notices that a policy lacks {missed}"
    never, stale = unused(permissions, stack)
    assert not never, "permissions that nobody used and nobody explains:\n" + "\n".join(f"{what}: {targets}" for what, targets in sorted(never.items()))
    assert not stale, f"explanations of permissions that are not there: {stale}"
    functions = {permissions.names.get(request["function"]) for request in requests} - {None}
    print(f"permissions: {len(requests)} kinds of requests of {len(functions)} functions, all permitted; {len(permissions.used)} permissions used", flush=True)
