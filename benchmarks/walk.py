"""The engine alone: a walk of 20 questions, beside the same graph in LangGraph, in one run.

    pip install langgraph && python benchmarks/walk.py

Both walk the longest path of a chain of 20 closed questions whose answers are already known. The
runs alternate, so that a machine that slows down slows both. Medians, and their ratio.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any, TypedDict

from aplomo.protocol.model import Outcome, Protocol, Question, Verdict
from aplomo.walk import walk

QUESTIONS = 20
ROUNDS = 200


def protocol() -> Protocol:
    questions = {
        f"q{n}": Question(
            id=f"q{n}", text={"en": "?"}, ask=("rule",), yes="end", no=f"q{n + 1}", rule="false"
        )
        for n in range(QUESTIONS - 1)
    }
    last = f"q{QUESTIONS - 1}"
    questions[last] = Question(id=last, text={"en": "?"}, ask=("rule",), yes="end", no="end")
    outcomes = {name: Outcome(id=name, action="no_reply") for name in ("end", "human_review")}
    return Protocol(
        id="chain",
        version="1",
        languages=("en",),
        start="q0",
        questions=questions,
        outcomes=outcomes,
    )


def with_aplomo() -> Callable[[], None]:
    chain, answers = protocol(), dict[str, Verdict].fromkeys(protocol().questions, "no")

    def once() -> None:
        steps = walk(chain)
        try:
            question = next(steps)
            while True:
                question = steps.send(answers[question.id])
        except StopIteration as stop:
            assert stop.value.id == "end"

    return once


def with_langgraph() -> Callable[[], None]:
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        answers: dict[str, str]

    graph: Any = StateGraph(State)
    for n in range(QUESTIONS):
        graph.add_node(f"q{n}", lambda state: {})
        target = f"q{n + 1}" if n + 1 < QUESTIONS else END

        def route(state: State, name: str = f"q{n}", no: str = target) -> str:
            return END if state["answers"][name] == "yes" else no

        graph.add_conditional_edges(f"q{n}", route, [END, target])
    graph.add_edge(START, "q0")
    compiled, state = graph.compile(), {"answers": {f"q{n}": "no" for n in range(QUESTIONS)}}

    def once() -> None:
        compiled.invoke(state, {"recursion_limit": QUESTIONS + 5})

    return once


def main() -> None:
    runners = {"aplomo": with_aplomo(), "langgraph": with_langgraph()}
    times: dict[str, list[float]] = {name: [] for name in runners}
    for once in runners.values():
        once()
    for _ in range(ROUNDS):
        for name, once in runners.items():
            started = time.perf_counter()
            once()
            times[name].append((time.perf_counter() - started) * 1e6)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:<10} {median:>10.1f} µs a walk of {QUESTIONS} questions (median of {ROUNDS})")
    print(f"ratio      {medians['langgraph'] / medians['aplomo']:>10.0f} ×")


main()
