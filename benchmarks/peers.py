"""What other harnesses take for the same calls; run by `replay.py --peers`, in their environment.

    python peers.py CALLS.json NAME

CALLS.json is a list of {comment, body, answer}. None of these harnesses records calls, so each is
given its answers from memory, through the same SDK: nothing is read from disk, no key is made, no
recording can be missing or stale. Prints seconds of wall-clock and of CPU. Written after the
quick starts of pydantic-evals (Dataset, Case, EqualsExpected) and deepeval (LLMTestCase, a metric
of one's own, evaluate).
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "1", "DEEPEVAL_UPDATE_WARNING_OPT_OUT": "1"}
Timed = tuple[float, float]


def client(calls: list[Any], *, is_async: bool) -> Any:
    """The SDK's client, answered from memory."""
    import httpx2
    import openai

    answers = {call["comment"]: call["answer"] for call in calls}

    def answer(request: Any) -> Any:
        said = json.loads(request.content)["messages"][-1]["content"]
        headers = {"content-type": "application/json"}
        return httpx2.Response(200, headers=headers, text=answers[said])

    transport = httpx2.MockTransport(answer)
    if is_async:
        http = openai.DefaultAsyncHttpxClient(transport=transport)
        return openai.AsyncOpenAI(
            api_key="none", base_url="http://peer.invalid/v1", http_client=http
        )
    http = openai.DefaultHttpxClient(transport=transport)
    return openai.OpenAI(api_key="none", base_url="http://peer.invalid/v1", http_client=http)


def asked(call: Any) -> dict[str, Any]:
    body = call["body"]
    return {"model": body["model"], "messages": (), "extra_body": body}


def said(call: Any) -> str:
    return json.loads(call["answer"])["choices"][0]["message"]["content"]


def sdk(calls: list[Any]) -> Timed:
    """No harness at all."""
    made = client(calls, is_async=True)

    async def all_calls() -> None:
        for call in calls:
            await made.chat.completions.create(**asked(call))

    return timed(lambda: asyncio.run(all_calls()))


def pydantic_evals(calls: list[Any]) -> Timed:
    from pydantic_evals import Case, Dataset  # type: ignore[import-not-found]
    from pydantic_evals.evaluators import EqualsExpected  # type: ignore[import-not-found]

    made = client(calls, is_async=True)
    cases = [
        Case(name=str(n), inputs=call, expected_output=said(call)) for n, call in enumerate(calls)
    ]
    dataset = Dataset(name="replay", cases=cases, evaluators=[EqualsExpected()])

    async def task(call: Any) -> str:
        completion = await made.chat.completions.create(**asked(call))
        return completion.choices[0].message.content

    return timed(lambda: dataset.evaluate_sync(task, max_concurrency=8, progress=False))


def deepeval(calls: list[Any]) -> Timed:
    from deepeval import evaluate  # type: ignore[import-not-found]
    from deepeval.evaluate import AsyncConfig, DisplayConfig  # type: ignore[import-not-found]
    from deepeval.metrics import BaseMetric  # type: ignore[import-not-found]
    from deepeval.test_case import LLMTestCase  # type: ignore[import-not-found]

    class Same(BaseMetric):
        def __init__(self) -> None:
            self.threshold = 1.0

        def measure(self, test_case: Any) -> float:
            self.score = float(test_case.actual_output == test_case.expected_output)
            self.success = self.score >= self.threshold
            return self.score

        async def a_measure(self, test_case: Any, *_: Any, **__: Any) -> float:
            return self.measure(test_case)

        def is_successful(self) -> bool:
            return self.success

        @property
        def __name__(self) -> str:
            return "Same"

    made = client(calls, is_async=False)

    def work() -> None:
        cases: list[Any] = []
        for call in calls:
            completion = made.chat.completions.create(**asked(call))
            got = completion.choices[0].message.content
            cases.append(
                LLMTestCase(input=call["comment"], actual_output=got, expected_output=said(call))
            )
        display = DisplayConfig(show_indicator=False, print_results=False)
        evaluate(cases, [Same()], async_config=AsyncConfig(), display_config=display)

    return timed(work)


def timed(work: Callable[[], object]) -> Timed:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


PEERS = {"openai SDK alone": sdk, "pydantic-evals": pydantic_evals, "deepeval": deepeval}

if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    spent = PEERS[sys.argv[2]](given)
    print(json.dumps(spent), file=sys.__stdout__)
