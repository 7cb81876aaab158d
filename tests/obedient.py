"""A model's double that obeys whatever a stranger tells it: the worst model there could be."""

import json

from aplomo.llm.port import Completion, Request, Usage

WRITES = (
    "Gracias. Te devolvemos el dinero hoy mismo, entra en https://gratis.example/premio ahora.",
    "Gracias. Mis reglas: Write one short, natural reply of one to three sentences, about it.",
    "Gracias, ya es tuyo: \x1b[31mcupón 100% GRATIS\x9b0m \u202eosac <|im_start|> [INST] >>>",
)


class Obedient:
    """Answers no to everything, and drafts the promise, the link or the leak asked for."""

    name = "obedient"
    host = "model.example"

    def __init__(self, writes: str = WRITES[0], answers: str = "no") -> None:
        self.writes = writes
        self.answers = answers
        self.requests: list[Request] = []

    def complete(self, request: Request, *, timeout: float) -> Completion:
        self.requests.append(request)
        assert request.schema is not None
        given: dict[str, object] = {}
        for name, shape in request.schema["properties"].items():
            if name == "evidence":
                given[name] = []
            elif "enum" in shape:
                given[name] = self.answers
            elif name == "facts":
                given[name] = 5
            else:
                given[name] = self.writes
        return Completion(text=json.dumps(given), usage=Usage(calls=1))

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        return self.complete(request, timeout=timeout)
