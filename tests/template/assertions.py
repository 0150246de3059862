"""What the template must say and no validator looks for. Each assertion is shown to fail on a template that was damaged for it.

Run by tests/template/check, in the virtual environment of the SAM CLI (its YAML reader knows CloudFormation's tags).
"""
import copy
import json
import re
import sys
import tomllib
import unittest
from pathlib import Path

from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent.parent
FOURTEEN_DAYS = 1_209_600
# Receives after which a message is a dead letter: twice what a living function spends (functions/src/batch.rs).
RECEIVES = 2 * int(re.search(r"SENT_ANEW_FROM: u32 = (\d+)", (ROOT / "functions/src/batch.rs").read_text()).group(1))
# Actions that have no resource-level permission: the only ones that a policy may give on `*`. There is none.
WITHOUT_RESOURCE = set()
# What each function may reach of the table, by leading keys (docs/items.md). No worker reaches a journal (X#) or a head (H#).
WORKERS = ("Inventory", "Payment", "Shipping", "Notification", "Review", "Dispatcher")


def plain(value):
    """A template without SAM CLI's own kinds of dictionaries."""
    return json.loads(json.dumps(value))


TEMPLATE = plain(yaml_parse((ROOT / "template.yaml").read_text()))


def of_type(template, kind):
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


def functions(template):
    return of_type(template, "AWS::Serverless::Function")


def sqs_events(template):
    for name, function in functions(template).items():
        for event, one in function["Properties"].get("Events", {}).items():
            if one["Type"] == "SQS":
                yield name, event, one["Properties"]


def queue_of(properties):
    return properties["Queue"]["Fn::GetAtt"][0]


def timeout(template, name):
    default = template["Globals"]["Function"]["Timeout"]
    return functions(template)[name]["Properties"].get("Timeout", default)


def statements(template, role):
    for policy in template["Resources"][role]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(value):
    return value if isinstance(value, list) else [value]


# ---- Assertions: each answers with what is wrong, in words. ----


def batches_report_their_failures(template):
    for name, event, properties in sqs_events(template):
        if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}.{event} does not report batch item failures"


def visibility_is_six_timeouts(template):
    for name, event, properties in sqs_events(template):
        queue = queue_of(properties)
        visibility = template["Resources"][queue]["Properties"]["VisibilityTimeout"]
        if visibility < 6 * timeout(template, name):
            yield f"{queue}: {visibility} s are less than six times the {timeout(template, name)} s of {name}"


def queues_keep_messages_and_have_dead_letters(template):
    queues = of_type(template, "AWS::SQS::Queue")
    targets = {one["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for one in queues.values() if "RedrivePolicy" in one["Properties"]}
    for name, one in queues.items():
        properties = one["Properties"]
        if properties.get("MessageRetentionPeriod") != FOURTEEN_DAYS:
            yield f"{name} does not keep messages for 14 days"
        if not properties.get("SqsManagedSseEnabled"):
            yield f"{name} is not encrypted"
        last = name in targets or name == "ParkingQueue"
        if last and (one.get("DeletionPolicy"), one.get("UpdateReplacePolicy")) != ("Retain", "Retain"):
            yield f"{name} is not retained"
        if last:
            continue
        redrive = properties.get("RedrivePolicy")
        if not redrive:
            yield f"{name} has no dead-letter queue"
            continue
        if redrive["maxReceiveCount"] != RECEIVES:
            yield f"{name} gives up after {redrive['maxReceiveCount']} receives instead of {RECEIVES}"
        target = queues[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
        if target.get("FifoQueue", False) != properties.get("FifoQueue", False):
            yield f"{name} and its dead-letter queue are of two kinds"


def functions_may_be_part_of_a_loop(template):
    common = template["Globals"]["Function"].get("RecursiveLoop")
    for name, function in functions(template).items():
        if function["Properties"].get("RecursiveLoop", common) != "Allow":
            yield f"{name} does not say RecursiveLoop: Allow"


def nothing_is_given_on_everything(template):
    for name in of_type(template, "AWS::IAM::Role"):
        if template["Resources"][name]["Properties"].get("ManagedPolicyArns"):
            yield f"{name} has managed policies"
        for statement in statements(template, name):
            actions = set(listed(statement["Action"]))
            if any("*" in action for action in actions):
                yield f"{name}: a wildcard among the actions {sorted(actions)}"
            if "*" in listed(statement["Resource"]) and not actions <= WITHOUT_RESOURCE:
                yield f"{name}: {sorted(actions)} on any resource"


def every_function_has_a_role_of_its_own(template):
    roles = [json.dumps(function["Properties"].get("Role")) for function in functions(template).values()]
    for name, function in functions(template).items():
        role = function["Properties"].get("Role")
        if not role or roles.count(json.dumps(role)) > 1:
            yield f"{name} has no role of its own"
        if function["Properties"].get("Policies"):
            yield f"{name} has policies besides its role's"


def the_table_is_reached_by_leading_keys(template):
    for name in of_type(template, "AWS::IAM::Role"):
        for statement in statements(template, name):
            actions = [action for action in listed(statement["Action"]) if action.startswith("dynamodb:")]
            if not actions or "index" in json.dumps(statement["Resource"]):
                continue
            condition = statement.get("Condition", {})
            keys = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
            if not keys or any(key.startswith("*") for key in keys):
                yield f"{name}: {actions} on any key"
            # A request without keys (a scan) satisfies any condition for all values.
            if condition.get("Null", {}).get("dynamodb:LeadingKeys") != "false" or "dynamodb:Scan" in actions:
                yield f"{name}: {actions} without keys"
            worker = name.removesuffix("Role") in WORKERS
            if worker and any(not re.match(r"(V#\*|L#\*|W#[a-z-]+)$", key) for key in keys):
                yield f"{name}: a worker reaches {keys}"
            if worker and "V#*" in keys and actions != ["dynamodb:BatchGetItem"]:
                yield f"{name}: a worker writes values"


def the_table_is_kept(template):
    (table,) = of_type(template, "AWS::DynamoDB::Table").values()
    properties = table["Properties"]
    if (table.get("DeletionPolicy"), table.get("UpdateReplacePolicy")) != ("Retain", "Retain"):
        yield "the table is not retained"
    if template["Parameters"]["DeletionProtection"]["Default"] != "true" or "DeletionProtectionEnabled" not in properties:
        yield "the table is not protected from being deleted"
    if not properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
        yield "the table cannot be restored to a point in time"
    if not properties.get("SSESpecification", {}).get("SSEEnabled"):
        yield "the table is not encrypted"
    if properties.get("TimeToLiveSpecification") != {"AttributeName": "expires_at", "Enabled": True}:
        yield "nothing expires"
    if properties.get("BillingMode") != "PAY_PER_REQUEST":
        yield "the table is not on demand"


def only_providers_are_protected_by_a_concurrency(template):
    limited = sorted(name for name, _, properties in sqs_events(template) if "ScalingConfig" in properties)
    if limited != ["PaymentFunction", "ShippingFunction"]:
        yield f"concurrency is limited for {limited}"


def routes_are_those_of_queues_and_timeouts(template):
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    queues = json.loads(re.sub(r"\$\{(\w+)\}", r"\1", variables["BACKSTEP_QUEUES"]["Fn::Sub"]))
    routes = json.loads(variables["BACKSTEP_ROUTES"])
    fed = {queue_of(properties): name for name, _, properties in sqs_events(template)}
    for function, route in routes.items():
        queue = queues.get(route["queue"])
        if queue not in fed:
            yield f"{function}: nobody is fed by `{route['queue']}`"
        elif route["timeoutSeconds"] != timeout(template, fed[queue]):
            yield f"{function}: {route['timeoutSeconds']} s instead of the {timeout(template, fed[queue])} s of {fed[queue]}"
    source = (ROOT / "shared/order/src/serving.rs").read_text()
    ours = dict(re.findall(r'\("([a-z-]+)", "(tasks-[a-z]+)"\)', source))
    told = {function: route["queue"] for function, route in routes.items() if function != "*"}
    if told != ours:
        yield f"routes of the order saga: {told} instead of {ours}"
    if "*" not in routes:
        yield "what has no route of its own has none at all"


def functions_send_to_what_they_feed(template):
    for name in ("StartRole", "CoordinatorRole"):
        targets = {arn["Fn::GetAtt"][0] for one in statements(template, name) if one["Action"] == "sqs:SendMessage" for arn in one["Resource"]}
        tasks = {queue for queue in of_type(template, "AWS::SQS::Queue") if queue.endswith("Tasks")}
        # On the answers' queue: the further pages of wakes and renewals.
        for queue in sorted((tasks | {"AnswersQueue", "HintsQueue", "ParkingQueue"}) - targets):
            yield f"{name} may not send to {queue}"


def all_functions_are_built_from_one_crate(template):
    binaries = (ROOT / "functions/src/bin").glob("*.rs")
    built = set()
    for name, function in functions(template).items():
        metadata = function.get("Metadata", {})
        if metadata.get("BuildMethod") != "rust-cargolambda" or "CodeUri" in function["Properties"]:
            yield f"{name} is built in another way"
        built.add(metadata.get("BuildProperties", {}).get("Binary"))
    if built != {binary.stem for binary in binaries}:
        yield f"functions are built of {sorted(built)}"


def nothing_is_shipped_stale(template):
    """`cached = true` ships what it built before although a crate outside of CodeUri has changed."""
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for environment in ("dev", "test", "prod"):
        if environment not in settings:
            yield f"samconfig.toml has no environment {environment}"
    for environment, commands in settings.items():
        if isinstance(commands, dict) and commands.get("build", {}).get("parameters", {}).get("cached") is not False:
            yield f"samconfig.toml: {environment} builds with a cache"
    for name, one in of_type(template, "Custom::StateMachine").items():
        if one["Properties"].get("Release") != {"Ref": "DefinitionsFunction.Version"}:
            yield f"{name} is not registered again with a new release"


def alarms_watch_what_a_person_must_see(template):
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    watched = json.dumps([alarm["Properties"].get("Dimensions") for alarm in alarms])
    for queue in ("ParkingQueue", "OrdersDeadLetters", "AnswersDeadLetters", "HintsDeadLetters", "TaskDeadLetters"):
        if queue not in watched:
            yield f"nobody is told of {queue}"
    named = {alarm["Properties"]["MetricName"] for alarm in alarms}
    sources = [path for path in (ROOT / "shared").rglob("*.rs")]
    raised = {name for path in sources for name in re.findall(r'alarm = "(\w+)"', path.read_text())} - {"parked_message"}
    for alarm in sorted(raised - named):
        yield f"nobody is told of the alarm `{alarm}`"


def outputs_say_what_a_user_needs(template):
    for output in ("TableName", "OrdersQueueUrl", "ParkingQueueUrl", "QueuePrefix", "RetentionDays", "OrderFulfillmentArn", "DashboardUrl"):
        if output not in template["Outputs"]:
            yield f"no output {output}"


def mains_are_short(_template):
    for path in (ROOT / "functions/src/bin").glob("*.rs"):
        lines = len(path.read_text().splitlines())
        if lines > 80:
            yield f"{path.name} has {lines} lines"


def at(template, *path):
    for step in path[:-1]:
        template = template[step]
    return template, path[-1]


def put(value, *path):
    def damage(template):
        place, name = at(template, *path)
        place[name] = value
    return damage


def take(*path):
    def damage(template):
        place, name = at(template, *path)
        del place[name]
    return damage


ANSWERS = ("Resources", "CoordinatorFunction", "Properties", "Events", "Answers", "Properties")
ROLE = ("Resources", "PaymentRole", "Properties", "Policies", 0, "PolicyDocument", "Statement")
DYNAMO = next(place for place, one in enumerate(statements(TEMPLATE, "PaymentRole")) if "dynamodb" in json.dumps(one["Action"]))
# What is asserted, with damages that each must be found.
ASSERTIONS = [
    (batches_report_their_failures, [put(["ReportBatchItemFailure"], *ANSWERS, "FunctionResponseTypes"), take(*ANSWERS, "FunctionResponseTypes")]),
    (visibility_is_six_timeouts, [put(59, "Resources", "AnswersQueue", "Properties", "VisibilityTimeout"), put(11, "Globals", "Function", "Timeout")]),
    (queues_keep_messages_and_have_dead_letters, [
        put(345_600, "Resources", "HintsQueue", "Properties", "MessageRetentionPeriod"),
        take("Resources", "OrdersQueue", "Properties", "RedrivePolicy"),
        put(5, "Resources", "OrdersQueue", "Properties", "RedrivePolicy", "maxReceiveCount"),
        take("Resources", "ParkingQueue", "DeletionPolicy"),
        take("Resources", "AnswersDeadLetters", "Properties", "FifoQueue"),
    ]),
    (functions_may_be_part_of_a_loop, [take("Globals", "Function", "RecursiveLoop"), put("Terminate", "Resources", "WatchFunction", "Properties", "RecursiveLoop")]),
    (nothing_is_given_on_everything, [put("*", *ROLE, 0, "Resource"), put(["sqs:*"], *ROLE, 1, "Action"), put(["arn"], "Resources", "StartRole", "Properties", "ManagedPolicyArns")]),
    (every_function_has_a_role_of_its_own, [take("Resources", "StartFunction", "Properties", "Role")]),
    (the_table_is_reached_by_leading_keys, [
        take(*ROLE, DYNAMO, "Condition"),
        take(*ROLE, DYNAMO, "Condition", "Null"),
        put(["X#*"], *ROLE, DYNAMO, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"),
        put("dynamodb:PutItem", *ROLE, DYNAMO, "Action"),
    ]),
    (the_table_is_kept, [
        take("Resources", "Table", "UpdateReplacePolicy"),
        put("false", "Parameters", "DeletionProtection", "Default"),
        take("Resources", "Table", "Properties", "PointInTimeRecoverySpecification"),
        put("ttl", "Resources", "Table", "Properties", "TimeToLiveSpecification", "AttributeName"),
    ]),
    (only_providers_are_protected_by_a_concurrency, [put({"MaximumConcurrency": 2}, *ANSWERS, "ScalingConfig")]),
    (routes_are_those_of_queues_and_timeouts, [
        put(20, "Resources", "PaymentFunction", "Properties", "Timeout"),
        put('{"validate-order":{"queue":"tasks-order","timeoutSeconds":10}}', "Globals", "Function", "Environment", "Variables", "BACKSTEP_ROUTES"),
    ]),
    (functions_send_to_what_they_feed, [take("Resources", "CoordinatorRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 2, "Resource", 0), put([], "Resources", "StartRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 2, "Resource")]),
    (all_functions_are_built_from_one_crate, [put("coordinator", "Resources", "WatchFunction", "Metadata", "BuildProperties", "Binary")]),
    (nothing_is_shipped_stale, [take("Resources", "OrderFulfillment", "Properties", "Release")]),
    (alarms_watch_what_a_person_must_see, [take("Resources", "ParkedAlarm"), take("Resources", "CorruptExecutionAlarm")]),
    (outputs_say_what_a_user_needs, [take("Outputs", "OrdersQueueUrl")]),
    (mains_are_short, []),
]


class Template(unittest.TestCase):
    def test_the_template_says_what_it_must(self):
        for assertion, _ in ASSERTIONS:
            with self.subTest(assertion.__name__):
                self.assertEqual(list(assertion(TEMPLATE)), [])

    def test_each_damage_is_found(self):
        for assertion, damages in ASSERTIONS:
            for place, damage in enumerate(damages):
                with self.subTest(assertion.__name__, damage=place):
                    damaged = copy.deepcopy(TEMPLATE)
                    damage(damaged)
                    self.assertNotEqual(list(assertion(damaged)), [])


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    passed = result.testsRun - len(result.failures) - len(result.errors)
    print(f"suite result: {passed} passed; {len(result.failures) + len(result.errors)} failed")
    sys.exit(not result.wasSuccessful())
