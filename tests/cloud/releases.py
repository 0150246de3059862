"""What docs/deploying.md says of releases and backups, done: executions are in flight while a newer release is deployed, a backup is restored into a new
stack, and the older release is deployed again.

Orders are held in flight by a payment queue that nobody works on for a while, with production's durations.
"""
import json
import time

import emulated
from attached import until

MACHINE = "order-fulfillment"
PRODUCTION = "OrderSubstitutions=production"
RESTORED_STACK, RESTORED_TABLE = "backstep-restored", "backstep-restored-table"
# What a newer release might send: messages of a version that this one does not know.
NEWER = {"hints": "coordinator/newer-format.json", "tasks-inventory": "inventory/newer-format.json"}


class Payments:
    """The mapping that has payments worked on, off while this is entered."""

    def __init__(self, cloud):
        self.lambdas = cloud.client("lambda")
        mappings = self.lambdas.list_event_source_mappings()["EventSourceMappings"]
        (self.mapping,) = (one["UUID"] for one in mappings if one["EventSourceArn"].endswith(":backstep-test-tasks-payment"))

    def __enter__(self):
        self.lambdas.update_event_source_mapping(UUID=self.mapping, Enabled=False)
        return self

    def __exit__(self, *_):
        self.lambdas.update_event_source_mapping(UUID=self.mapping, Enabled=True)


class Shop:
    """Sends orders and looks after them."""

    def __init__(self, cloud):
        self.cloud, self.sqs = cloud, cloud.client("sqs")
        self.queues = json.loads(cloud.variables("CoordinatorFunction")["BACKSTEP_QUEUES"])
        self.order = json.loads((emulated.ROOT / "events/orders/success.json").read_text())

    def waiting(self, queue):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queues[queue], AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def in_flight(self, name):
        """Starts an order, and waits until it waits for its payment. Answers the definition that it is pinned to."""
        before = self.waiting("tasks-payment")
        self.sqs.send_message(QueueUrl=self.queues["orders"], MessageBody=json.dumps({**self.order, "orderId": name}))
        until(f"{name} waits for its payment", lambda: self.waiting("tasks-payment") > before)
        return self.cloud.head(MACHINE, name)["definition"]["S"]

    def succeeded(self, *names, stack="backstep-test", seconds=240):
        until(f"{names} succeed in {stack}", lambda: all(self.cloud.status(MACHINE, name, stack) == "SUCCEEDED" for name in names), seconds)


def other_definition():
    """The built template, with a duration of the order saga that no environment has: another definition of the same machine."""
    text = (emulated.BUILT / "template.yaml").read_text()
    old = "\n      DefinitionSubstitutions:\n"
    assert text.count(old) == 2, text.count(old)
    path = emulated.BUILT / "newer.yaml"
    path.write_text(text.replace(old, f"{old}        ReservationHoldSeconds: 86399\n"))
    return path


def copied(cloud, table):
    """What restoring a backup leads to: a table of another name with the same items. That a quarter of an hour has passed since is said of them, not waited for."""
    dynamodb = cloud.client("dynamodb")
    described = dynamodb.describe_table(TableName=table)["Table"]
    indexes = [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in described["GlobalSecondaryIndexes"]]
    dynamodb.create_table(
        TableName=RESTORED_TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=described["KeySchema"],
        AttributeDefinitions=described["AttributeDefinitions"], GlobalSecondaryIndexes=indexes,
    )
    items = cloud.items(table)
    for item in items:
        if "due_shard" in item:
            item["wake_at"] = {"N": str(min(int(item["wake_at"]["N"]), int(time.time() * 1000)))}
        dynamodb.put_item(TableName=RESTORED_TABLE, Item=item)
    return len(items)


def restored(cloud, shop, open_orders, play):
    """A new stack over a restored table: its queues are new and empty, and what was open goes on and ends."""
    count = copied(cloud, cloud.outputs()["TableName"])
    cloud.deploy(PRODUCTION, f"RestoredTable={RESTORED_TABLE}", stack=RESTORED_STACK)
    assert cloud.outputs(RESTORED_STACK)["TableName"] == RESTORED_TABLE
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=RESTORED_STACK)["StackResources"]
    assert not [one for one in resources if one["ResourceType"] == "AWS::DynamoDB::Table"], "it has a table of its own besides"
    statuses = [cloud.status(MACHINE, name, RESTORED_STACK) for name in open_orders]
    assert statuses == ["RUNNING"] * len(open_orders), statuses
    watched = cloud.invoke("WatchFunction", json.loads((emulated.ROOT / "events/watch/each-minute.json").read_text()), RESTORED_STACK)
    assert watched["woken"] >= len(open_orders), watched
    shop.succeeded(*open_orders, stack=RESTORED_STACK)
    play(cloud, "every_execution_of_a_table_ends_and_the_balance_is_exact", RESTORED_STACK)
    assert [cloud.status(MACHINE, name) for name in open_orders] == ["RUNNING"] * len(open_orders), "the first stack has gone on"
    print(f"restored: {count} items; {len(open_orders)} orders that were open have succeeded in a new stack", flush=True)


def latest_entry(cloud, name):
    """The latest journal entry of an order, as it is stored."""
    execution = cloud.head(MACHINE, name)["id"]["S"]
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": f"X#{execution}"}}}
    return cloud.client("dynamodb").query(TableName=cloud.outputs()["TableName"], ScanIndexForward=False, Limit=1, ConsistentRead=True, **asked)["Items"][0]


def set_format(cloud, entry, number):
    cloud.client("dynamodb").update_item(
        TableName=cloud.outputs()["TableName"], Key={name: entry[name] for name in ("pk", "sk")}, UpdateExpression="SET #format = :format",
        ExpressionAttributeNames={"#format": "format"}, ExpressionAttributeValues={":format": {"N": str(number)}},
    )


def check(cloud, play):
    cloud.deploy(PRODUCTION)
    shop, payments = Shop(cloud), Payments(cloud)
    with payments:
        older = shop.in_flight("release-1")
        # A new version of the definition while executions are in flight.
        cloud.deploy(PRODUCTION, template=other_definition())
        newer = shop.in_flight("release-2")
        assert newer != older and cloud.head(MACHINE, "release-1")["definition"]["S"] == older
        restored(cloud, shop, ["release-1", "release-2"], play)
        shop.in_flight("release-2-newer")
        # What a newer release wrote and sent: the journal of an execution, and messages.
        entry = latest_entry(cloud, "release-2-newer")
        set_format(cloud, entry, int(entry["format"]["N"]) + 1)
        parked = shop.waiting("parking")
        for queue, event in NEWER.items():
            body = json.loads((emulated.ROOT / "events" / event).read_text())["Records"][0]["body"]
            shop.sqs.send_message(QueueUrl=shop.queues[queue], MessageBody=body)
        cloud.deploy(PRODUCTION)
        assert shop.in_flight("release-1-again") == older
    shop.succeeded("release-1", "release-2", "release-1-again")
    until("a worker has answered what a newer release asked for", lambda: shop.waiting("tasks-payment") == 0)
    left = latest_entry(cloud, "release-2-newer")
    assert (left["sk"], left["format"]) == (entry["sk"], {"N": str(int(entry["format"]["N"]) + 1)}), "an older release went on with what a newer one wrote"
    assert shop.waiting("parking") == parked, "what a newer release sent was parked"
    # Both messages are there still; the answer about what a newer release wrote is too.
    waiting = {queue: shop.waiting(queue) for queue in ("hints", "tasks-inventory", "answers")}
    assert waiting["tasks-inventory"] == 1 and waiting["hints"] >= 1, waiting
    # And the newer release again.
    set_format(cloud, entry, int(entry["format"]["N"]))
    shop.succeeded("release-2-newer")
    play(cloud, "every_execution_of_a_table_ends_and_the_balance_is_exact")
    print("releases: orders in flight have ended under the release that they began with, and under the one before; what a newer one left was kept", flush=True)
