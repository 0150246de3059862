"""Each function by `sam local invoke` with each of its events: what stands in table and queues afterwards is what should.

    tests/long/sam-local        builds the functions, finds or makes Docker, and runs this
    run.py [NAME]...            these functions only, if any are named; `coordinator` and `watch` start the orders that they need

A case says how many items of each kind are new or changed (docs/items.md; a handler's by its partition), how many messages each queue got, and how many
come again. The cases of a function run in order over one table, so that a redelivery meets what its first delivery left. The coordinator's payloads are
about an execution that does not exist; they are tried as they are, and with one that does put in its place.
"""
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cloud"))
import emulated  # noqa: E402
import invoked  # noqa: E402

# The execution that payloads name.
NOBODY = "0000000000000000000000000a11ce00"
MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine:"


class Failed(Exception):
    """What an invocation left is not what it should be."""


class Suite:
    def __init__(self, stack):
        self.stack, self.passed, self.failures, self.tried = stack, 0, [], set()

    def check(self, function, event, table, sent, again=0, change=lambda text: text, also=None, title=""):
        """Invokes, compares, and answers what was left."""
        began, name = time.time(), f"{function} {event}{' ' + title if title else ''}"
        self.tried.add(event)
        left = None
        try:
            left = self.stack.invoke(f"{function}Function", event, change)
            found, wanted = left.counted(), (table, sent, again)
            if found != wanted:
                raise Failed(f"left {found} instead of {wanted}; it answered {left.response!r}\n{left.log[-2000:]}")
            if also:
                also(left)
            self.passed += 1
            print(f"ok    {name} ({time.time() - began:.1f} s)", flush=True)
        except Exception as failure:  # noqa: BLE001
            self.failures.append(name)
            print(f"FAIL  {name}: {type(failure).__name__}: {failure}", flush=True)
        return left

    def same(self, what, found, wanted):
        if found != wanted:
            raise Failed(f"{what}: {found!r} instead of {wanted!r}")

    def one(self, partition, sort=None):
        """The items of a partition as it begins; by their sort keys."""
        return {key: item for key, item in self.stack.items().items() if key[0].startswith(partition) and sort in (None, key[1])}


def definitions(suite):
    arn = f"{MACHINES}sample-orders"
    hashes = []

    def told(status, machine=None, reason=()):
        def also(left):
            (answer,) = left.told
            suite.same("status", answer["Status"], status)
            stored = {key[1]: item for key, item in suite.one("M").items()}
            if machine:
                suite.same("the name", answer["PhysicalResourceId"], MACHINES + machine)
                hashes.append(stored[machine]["definition"])
            for part in reason:
                suite.same(f"the reason says {part}", part in answer["Reason"], True)
            suite.same("machines", "sample-bad" in stored, False)
        return also

    suite.check("Definitions", "definitions/create.json", {"M": 1, "D": 1}, {}, also=told("SUCCESS", "sample-orders"))
    suite.check("Definitions", "definitions/create.json", {}, {}, also=told("SUCCESS", "sample-orders"), title="again")
    suite.check("Definitions", "definitions/update.json", {"M": 1, "D": 1}, {}, also=told("SUCCESS", "sample-orders"))
    if len(hashes) == 3 and (hashes[0] != hashes[1] or hashes[1] == hashes[2]):
        suite.failures.append(f"definitions: the update changed nothing: {hashes}")
    suite.check("Definitions", "definitions/create-own-definition.json", {"M": 1, "D": 1}, {}, also=told("SUCCESS", "sample-own"))
    suite.check("Definitions", "definitions/create-bad-definition.json", {}, {}, also=told("FAILED", reason=("Nowhere", "Gone")))
    suite.check("Definitions", "definitions/delete-of-what-was-never-made.json", {}, {}, also=told("SUCCESS"))

    def gone(left):
        told("SUCCESS")(left)
        suite.same("deleted", left.table, {("M", "sample-orders"): None} if ("M", "sample-orders") in left.table else {("M", arn): None})

    suite.check("Definitions", "definitions/delete.json", {"M": 1}, {}, also=gone)


def start(suite):
    """Answers the request that the first order led to."""
    new = {"H": 1, "I": 1, "X": 1}
    published = {"hints": 1, "tasks-order": 1}

    def order(*ids):
        def also(left):
            heads = {item["arn"].rsplit(":", 2)[-1] for (_, item) in left.table.items() if item and item["pk"].startswith("H#")}
            suite.same("started", heads, set(ids))
        return also

    def parked(*reasons):
        def also(left):
            found = left.reasons()
            suite.same(f"parked because of {found}", [any(part in reason for reason in found) for part in reasons], [True] * len(reasons))
            suite.same("parked", len(found), len(reasons))
        return also

    first = suite.check("Start", "start/first-delivery.json", {**new, "A": 1}, published, also=order("ord-2001"))
    # What was published the first time may have been lost: it is published again, and nothing is written.
    suite.check("Start", "start/redelivery.json", {}, published)
    suite.check("Start", "start/other-machine.json", {**new, "A": 1}, published, also=order("ord-2002"))
    both = {kind: 2 * count for kind, count in new.items()}

    def two_and_one(left):
        order("ord-2003", "ord-2005")(left)
        parked("the order is malformed")(left)

    suite.check("Start", "start/batch-with-one-bad-message.json", both, {"hints": 2, "tasks-order": 2, "parking": 1}, also=two_and_one)
    because = parked("the order is malformed", "there is no state machine `no-such-machine`")
    suite.check("Start", "start/poison.json", {}, {"parking": 2}, also=because)
    return json.loads(first.sent["tasks-order"][0]["body"])


def coordinator(suite, request):
    """`request` is what was asked of a worker for an execution that has just been started."""
    execution, token = request["execution"], request["token"]

    def adopted(text):
        nobodys = f"bs1.{NOBODY}.1.1.1.0000000000000000000000000000feed"
        return text.replace(nobodys, token).replace(NOBODY, execution)

    def entries(count):
        return lambda left: suite.same("entries", len(suite.one(f"X#{execution}")), count)

    def reserving(left):
        entries(3)(left)
        asked = json.loads(left.sent["tasks-inventory"][0]["body"])
        suite.same("asked", (asked["function"], asked["execution"]), ("reserve-inventory", execution))
        suite.same("its order", asked["input"]["orderId"], "ord-2001")

    there = {"title": "of an execution that there is", "change": adopted}
    nothing = {"table": {}, "sent": {}}
    for event in ("answer", "wake"):
        suite.check("Coordinator", f"coordinator/{event}.json", **nothing)
    suite.check("Coordinator", "coordinator/newer-format.json", **nothing, again=1)
    suite.check("Coordinator", "coordinator/poison.json", {}, {"parking": 2})
    suite.check("Coordinator", "coordinator/batch-with-one-bad-message.json", {}, {"parking": 1})

    # A wake is committed, moves the head's time, and has asked for again what is asked for.
    woken, head = {"X": 1, "H": 1}, {"hints": 1}
    suite.check("Coordinator", "coordinator/wake.json", woken, {**head, "tasks-order": 1}, **there, also=entries(2))
    answered = suite.check("Coordinator", "coordinator/answer.json", {"X": 1}, {"tasks-inventory": 1}, **there, also=reserving)
    suite.check("Coordinator", "coordinator/answer.json", {}, {}, change=adopted, also=entries(3), title="a second time")
    suite.check("Coordinator", "coordinator/hint.json", {}, {}, **there, also=entries(3))
    suite.check("Coordinator", "coordinator/redelivery.json", woken, {**head, "tasks-inventory": 1}, **there, also=entries(4))
    batch = {**head, "tasks-inventory": 1, "parking": 1}
    suite.check("Coordinator", "coordinator/batch-with-one-bad-message.json", woken, batch, **there, also=entries(5))
    # Nobody answered what the answer led to.
    asked = json.loads(answered.sent["tasks-inventory"][0]["body"])

    def dead(text):
        event = json.loads(text)
        event["Records"][0]["body"] = json.dumps(asked)
        return json.dumps(event)

    suite.check("Coordinator", "coordinator/dead-letter.json", woken, head, title=there["title"], change=dead, also=entries(6))


def watch(suite):
    """Every execution that is open is made due, as if its time had come."""
    due = [key for key, item in suite.one("H#").items() if "wake_at" in item]
    for key in due:
        suite.stack.change(key, "wake_at", 1_793_534_400_000)

    def woken(left):
        suite.same("answer", left.response, {"due": len(due), "woken": len(due), "more": False})
        suite.same("wakes", {json.loads(hint["body"])["message"]["kind"] for hint in left.sent["hints"]}, {"wake"})

    suite.check("Watch", "watch/each-minute.json", {}, {"hints": len(due)}, also=woken)


def inventory(suite):
    def stocked(pieces):
        def also(_left):
            (item,) = (item for item in suite.one("W#stock").values() if "MUG-BLUE" in item["pk"] + item["sk"])
            suite.same("in stock", int(next(value for name, value in item.items() if name.startswith("counter."))), pieces)
        return also

    reserved = {"L": 1, "W#stock": 1, "W#reservation": 1}
    suite.check("Inventory", "inventory/stock.json", {"W#catalogue": 7, "W#stock": 7}, {}, also=stocked(1000))
    suite.check("Inventory", "inventory/stock.json", {}, {}, also=stocked(1000), title="again")
    suite.check("Inventory", "inventory/first-delivery.json", reserved, {"answers": 1}, also=stocked(998))
    suite.check("Inventory", "inventory/redelivery.json", {}, {"answers": 1}, also=stocked(998))
    suite.check("Inventory", "inventory/batch-with-one-bad-message.json", {}, {"answers": 1, "parking": 2}, also=stocked(998))
    suite.check("Inventory", "inventory/expire-reservations.json", {}, {}, also=lambda left: suite.same("expired", left.response, {"expired": 0}))
    suite.check("Inventory", "inventory/poison.json", {}, {"parking": 1})
    suite.check("Inventory", "inventory/newer-format.json", {}, {}, again=1)
    suite.check("Inventory", "inventory/compensation.json", {"L": 2, "W#stock": 1, "W#reservation": 1}, {"answers": 1}, also=stocked(1000))


def answered(suite, outcome, **members):
    def also(left):
        message = json.loads(left.sent["answers"][0]["body"])["message"]
        suite.same("outcome", message["outcome"], outcome)
        for name, value in members.items():
            suite.same(name, message.get(name), value)
    return also


def payment(suite):
    charged = {"L": 1, "W#payment": 1, "W#provider-payments": 1}
    suite.check("Payment", "payment/first-delivery.json", charged, {"answers": 1}, also=answered(suite, "succeeded"))
    suite.check("Payment", "payment/redelivery.json", {}, {"answers": 1}, also=answered(suite, "succeeded"))
    suite.check("Payment", "payment/declined.json", {"L": 1, "W#payment": 1}, {"answers": 1}, also=answered(suite, "failed", error="PaymentDeclined"))
    suite.check("Payment", "payment/poison.json", {}, {"parking": 1})
    # The charge's ledger entry is revoked, the refund has one of its own.
    suite.check("Payment", "payment/compensation.json", {**charged, "L": 2, "W#provider-requests": 1}, {"answers": 1}, also=answered(suite, "succeeded"))


def shipping(suite):
    """Of an order that holds what it ships."""
    suite.stack.cloud.invoke("InventoryFunction", {"stock": {"MUG-RED": 10}})
    text = (emulated.ROOT / "events/inventory/first-delivery.json").read_text()

    def other(text):
        return text.replace("ord-3001", "ord-3003").replace(NOBODY, NOBODY[:-2] + "03").replace("MUG-BLUE", "MUG-RED")

    suite.stack.cloud.invoke("InventoryFunction", json.loads(other(text)))
    suite.stack.drain()
    told = {"change": other, "also": answered(suite, "succeeded")}
    shipped = {"L": 1, "W#shipment": 1, "W#reservation": 1, "W#sold": 1, "W#provider-carrier": 1}
    suite.check("Shipping", "shipping/first-delivery.json", shipped, {"answers": 1}, **told)
    suite.check("Shipping", "shipping/redelivery.json", {}, {"answers": 1}, **told)
    suite.check("Shipping", "shipping/poison.json", {}, {"parking": 1})


def notification(suite):
    mailed = {"L": 1, "W#outbox": 1, "W#provider-mail": 1}
    suite.check("Notification", "notification/first-delivery.json", mailed, {"answers": 1}, also=answered(suite, "succeeded"))
    suite.check("Notification", "notification/redelivery.json", {}, {"answers": 1}, also=answered(suite, "succeeded"))
    # The e-mail is sent already.
    suite.check("Notification", "notification/batch.json", {"L": 2, "W#recent-orders": 1, "W#outbox": 1}, {"answers": 3})
    suite.check("Notification", "notification/poison.json", {}, {"parking": 1})


def review(suite):
    suite.check("Review", "review/validate-order.json", {"L": 1}, {"answers": 1}, also=answered(suite, "succeeded"))
    suite.check("Review", "review/invalid-order.json", {"L": 1}, {"answers": 1}, also=answered(suite, "failed"))
    suite.check("Review", "review/request-review.json", {"L": 1, "W#review": 1}, {"answers": 1})
    suite.check("Review", "review/redelivery.json", {}, {"answers": 1})
    suite.check("Review", "review/poison.json", {}, {"parking": 1})


def dispatcher(suite):
    suite.stack.serve_hello()
    called = answered(suite, "succeeded", result={"greeting": "Hello Ada"})
    suite.check("Dispatcher", "dispatcher/call.json", {"L": 1}, {"answers": 1}, also=called)
    suite.check("Dispatcher", "dispatcher/redelivery.json", {}, {"answers": 1}, also=called)
    suite.check("Dispatcher", "dispatcher/no-such-function.json", {"L": 1}, {"answers": 1}, also=answered(suite, "failed"))
    suite.check("Dispatcher", "dispatcher/poison.json", {}, {"parking": 1})


def all_tried(suite):
    """Every payload has a case: none lies there that nobody tries."""
    events = emulated.ROOT / "events"
    there = {str(path.relative_to(events)) for path in events.glob("*/*.json")}
    for untried in sorted(path for path in there - suite.tried if not path.startswith("orders/")):
        suite.failures.append(f"nobody tries events/{untried}")


def main():
    with emulated.Cloud(log=emulated.ROOT / ".cache/sam-local-ministack.log") as cloud:
        # Durations as in production: the demo's tasks time out within seconds, which an invocation may take here.
        cloud.deploy("OrderSubstitutions=production")
        suite = Suite(invoked.Stack(cloud))
        asked = sys.argv[1:]
        request = start(suite) if not asked or {"start", "coordinator", "watch"} & set(asked) else None
        if not asked or "coordinator" in asked:
            coordinator(suite, request)
        for of in (watch, inventory, shipping, notification, review, dispatcher, payment, definitions):
            if not asked or of.__name__ in asked:
                of(suite)
        if not asked:
            all_tried(suite)
    for failure in suite.failures:
        print("failed:", failure)
    print(f"suite result: {suite.passed} passed, {len(suite.failures)} failed")
    sys.exit(1 if suite.failures else 0)


if __name__ == "__main__":
    main()
