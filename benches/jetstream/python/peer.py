"""FastStream in one case: `peer.py CASE IN_FLIGHT EVENTS URL`; says what was measured as a line of JSON.

Its best settings as far as its documentation says: pull consumers with concurrent workers (one at a time: a push
consumer), uvloop, orjson where it uses it, no log of each message.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress

import uvloop
from faststream.nats import NatsBroker, PullSub
from nats.js.api import ConsumerConfig
from pydantic import BaseModel

STREAM = "BENCH"
BATCH = 500


class Line(BaseModel):
    sku: str
    quantity: int
    price_cents: int


class Order(BaseModel):
    order_id: str
    customer: str
    note: str
    lines: list[Line]

    def number(self) -> int:
        return int(self.order_id.rsplit("-", 1)[1])


def order(number: int) -> Order:
    lines = [Line(sku=f"SKU-{n:05}", quantity=n + 1, price_cents=1_000 + n) for n in range(12)]
    return Order(
        order_id=f"0190-7c1e-order-{number:06}", customer="customer-4711", note="x" * 230, lines=lines
    )


class Meter:
    """As `meter.rs` has it."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.done = 0
        self.begin = self.end = (0.0, 0.0)
        self.finished = asyncio.Event()
        self.began = [0.0] * events
        self.took = [0.0] * events

    def sent(self, number: int) -> None:
        self.began[number] = time.perf_counter()

    def came(self, number: int) -> None:
        self.took[number] = time.perf_counter() - self.began[number]
        self.one()

    def one(self) -> None:
        self.done += 1
        if self.done == self.events // 10:
            self.begin = (time.perf_counter(), time.process_time())
        elif self.done == self.events:
            self.end = (time.perf_counter(), time.process_time())
            self.finished.set()

    def measured(self) -> dict[str, float]:
        events = self.events - self.events // 10
        took = sorted(self.took)
        return {
            "rate": events / (self.end[0] - self.begin[0]),
            "cpu": (self.end[1] - self.begin[1]) / events * 1e6,
            "median": took[int((len(took) - 1) * 0.5)] * 1e6,
            "p99": took[int((len(took) - 1) * 0.99)] * 1e6,
        }


async def main(case: str, in_flight: int, events: int, url: str) -> None:
    meter = Meter(events)
    broker = NatsBroker(url, logger=None)
    places = asyncio.Semaphore(in_flight)

    def durable(subject: str, name: str):
        settings = {"durable": name, "stream": STREAM, "config": ConsumerConfig(max_ack_pending=-1)}
        if in_flight > 1:
            settings |= {"pull_sub": PullSub(batch_size=BATCH), "max_workers": in_flight}
        return broker.subscriber(subject, **settings)

    async def passed_on(made: Order, subject: str) -> None:
        headers = {"Nats-Msg-Id": f"{made.order_id}-{subject}"}
        await broker.publish(made, subject, stream=STREAM, headers=headers)

    if case == "pull":

        @durable("bench.placed", "puller")
        async def pull(placed: Order) -> None:
            assert placed.customer == "customer-4711"
            meter.one()

    elif case == "chain":

        @durable("bench.placed", "checker")
        async def check(placed: Order) -> None:
            await passed_on(placed, "bench.checked")

        @durable("bench.checked", "shipper")
        async def ship(checked: Order) -> None:
            await passed_on(checked, "bench.shipped")

        @durable("bench.shipped", "closer")
        async def close(shipped: Order) -> None:
            meter.came(shipped.number())
            places.release()

    elif case == "ask":
        workers = {"max_workers": in_flight} if in_flight > 1 else {}

        @broker.subscriber("questions", **workers)
        async def answer(question: Order) -> Order:
            return question

    async def store(number: int) -> None:
        placed = order(number)
        headers = {"Nats-Msg-Id": placed.order_id}
        await broker.publish(placed, "bench.placed", stream=STREAM, headers=headers)

    async def one(number: int) -> None:
        if case == "chain":
            await places.acquire()
        meter.sent(number)
        if case == "ask":
            reply = await broker.request(order(number), "questions", timeout=10.0)
            meter.came(Order.model_validate_json(reply.body).number())
            return
        await store(number)
        if case == "publish":
            meter.came(number)

    numbers = iter(range(0 if case == "pull" else events))

    async def publishing() -> None:
        for number in numbers:
            await one(number)

    await broker.start()
    publishers = [asyncio.create_task(publishing()) for _ in range(in_flight)]
    await asyncio.gather(*publishers)
    await meter.finished.wait()
    print(json.dumps(meter.measured()), flush=True)
    with suppress(Exception):
        await broker.stop()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
