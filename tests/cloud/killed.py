"""A message that ends every invocation which handles it (as one does whose handler runs out of memory): what it takes with it, and what becomes of it.

Its batch comes again. From the sixth receive on, functions handle such a batch message by message (functions/src/batch.rs): all others are started, and the
one that kills lies in the dead letters after 20 receives.
"""
import json

import emulated
from attached import until

RECEIVES = 20
KILLER = "killer-1"


def check(cloud, stack="backstep-test"):
    sqs, lambdas = cloud.client("sqs"), cloud.client("lambda")
    orders, dead = cloud.resource("OrdersQueue", stack), cloud.resource("OrdersDeadLetters", stack)
    arn = sqs.get_queue_attributes(QueueUrl=orders, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (mapping,) = lambdas.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    order = json.loads((emulated.ROOT / "events/orders/success.json").read_text())
    names = [KILLER if place == 4 else f"mate-{place}" for place in range(10)]
    # What died comes again after a second instead of a minute. All ten lie there before anybody receives them.
    sqs.set_queue_attributes(QueueUrl=orders, Attributes={"VisibilityTimeout": "1"})
    lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    entries = [{"Id": name, "MessageBody": json.dumps({**order, "orderId": name})} for name in names]
    assert not sqs.send_message_batch(QueueUrl=orders, Entries=entries).get("Failed")
    cloud.proxy(f"kill?text={KILLER}", "POST")
    lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def lying(url):
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
        return sum(int(found[name]) for name in wanted)

    until("the queue gives up on what kills", lambda: lying(dead) > 0 and lying(orders) == 0, seconds=240)
    kills = cloud.proxy("counts")["kills"]
    cloud.proxy("kill", "POST")
    # An invocation that was given a batch and died before it asked for anything is a receive as well.
    assert RECEIVES // 2 <= kills <= RECEIVES, f"{kills} invocations died"
    letters = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", [])
    assert [json.loads(letter["Body"])["orderId"] for letter in letters] == [KILLER], letters
    for letter in letters:
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    assert not cloud.head("order-fulfillment", KILLER, stack)
    mates = [name for name in names if name != KILLER]
    until("its batch was started and ends", lambda: all(cloud.status("order-fulfillment", name, stack) == "SUCCEEDED" for name in mates))
    sqs.set_queue_attributes(QueueUrl=orders, Attributes={"VisibilityTimeout": "60"})
    print("killed: an order that killed every invocation lies in the dead letters; the nine that came with it have succeeded", flush=True)
