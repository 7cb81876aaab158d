"""A draft: the words proposed for one outcome, by the model or from the outcome's template."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from aplomo.brand.model import Brand, Channel, Exemplar, Fact
from aplomo.comment import Comment
from aplomo.conversation import shown
from aplomo.errors import BadCompletion
from aplomo.llm.port import Completion, Message, Request
from aplomo.plain_text import encodable
from aplomo.prompt import Prompt, fence
from aplomo.protocol.model import Element, Outcome, in_language

__all__ = ["Draft", "Writer", "from_template", "signed"]

LANGUAGE_NAMES = {"es": "Spanish", "en": "English"}
ADDRESS_NAMES = {"tu": "tú", "usted": "usted", "vos": "vos", "you": "you"}
MAX_TOKENS = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The public `text`, the private follow-up where the outcome asks, and the fact ids cited."""

    text: str
    private_text: str | None = None
    origin: Literal["model", "template"] = "model"
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes the drafting requests for one comment and outcome, and reads the replies."""

    prompts: Mapping[str, Prompt]
    brand: Brand
    channel: Channel
    outcome: Outcome
    elements: Mapping[str, Element]
    lang: str
    facts: Sequence[Fact]

    @property
    def instructions(self) -> str:
        """The text of the instructions, which no reply may repeat."""
        return self.prompts["draft"].render(brand=self.brand.name, voice="")

    def request(self, comment: Comment) -> Request:
        """The drafting request: brand voice and exemplars first, the comment last."""
        system = self.prompts["draft"].render(
            brand=self.brand.name, voice=_voice(self.brand, self.lang)
        )
        messages = [Message(role="system", content=system)]
        for exemplar in self.brand.exemplars:
            if exemplar.lang == self.lang:
                messages += self._shown(exemplar)
        messages.append(Message(role="user", content=self._task(comment)))
        return Request(
            purpose=f"draft:{self.lang}",
            messages=tuple(messages),
            schema=self.schema,
            max_tokens=MAX_TOKENS,
        )

    def again(self, request: Request, draft: Draft, failures: Sequence[str]) -> Request:
        """The one repair: the failed draft, and what was wrong with it, by name."""
        listed = "\n".join(f"- {failure}" for failure in failures)
        said = Message(role="assistant", content=_packed(draft.text, draft.private_text))
        asked = Message(role="user", content=self.prompts["repair"].render(failures=listed))
        return replace(request, messages=(*request.messages, said, asked), temperature=0.3)

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of a reply; fact ids are an enumeration, so none can be invented."""
        properties: dict[str, Any] = {}
        if self.facts:
            ids = [fact.id for fact in self.facts]
            item = {"type": "string", "enum": ids}
            properties["facts"] = {"type": "array", "items": item, "maxItems": len(ids)}
        properties["reply"] = {"type": "string"}
        if self.outcome.private:
            properties["private"] = {"type": "string"}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def parse(self, completion: Completion) -> Draft:
        """Read a reply strictly. Raises BadCompletion when it is not what was asked for."""
        given = completion.json_object("draft")
        reply, private = given.get("reply"), given.get("private")
        if not isinstance(reply, str) or not reply.strip():
            raise BadCompletion("the draft holds no reply")
        if self.outcome.private and not isinstance(private, str):
            raise BadCompletion("the draft holds no private follow-up")
        offered = {fact.id for fact in self.facts}
        listed = given.get("facts")
        ids = cast("list[Any]", listed) if isinstance(listed, list) else []
        cited = tuple(dict.fromkeys(str(item) for item in ids if str(item) in offered))
        return Draft(
            text=encodable(reply).strip(),
            private_text=encodable(str(private)).strip() if self.outcome.private else None,
            facts=cited,
        )

    def _task(self, comment: Comment) -> str:
        limit = min(self.channel.limits, key=lambda limit: limit.most)
        facts = [f"- {fact.id}: {in_language(fact.statement, self.lang)}" for fact in self.facts]
        private = (
            'Also write "private": the private follow-up that asks for the details needed.'
            if self.outcome.private
            else ""
        )
        return self.prompts["task"].render(
            goal=in_language(self.outcome.goal, self.lang),
            language=LANGUAGE_NAMES.get(self.lang, self.lang),
            must=self._means(self.outcome.must),
            never=self._means(self.outcome.never),
            limit=f"{min(limit.most, 400) * 4 // 5} {limit.unit}",
            facts="\n".join(facts) or "(none)",
            private=private,
            comment=shown(comment).text,
        )

    def _means(self, ids: Sequence[str]) -> str:
        return ", ".join(in_language(self.elements[id_].means, self.lang) for id_ in ids) or "-"

    def _shown(self, exemplar: Exemplar) -> list[Message]:
        asked = f"Language: {LANGUAGE_NAMES.get(self.lang, self.lang)}\nComment:\n"
        return [
            Message(role="user", content=asked + fence(exemplar.comment)),
            Message(role="assistant", content=_packed(exemplar.reply, exemplar.private)),
        ]


def from_template(outcome: Outcome, brand: Brand, lang: str, facts: Sequence[Fact]) -> Draft | None:
    """The outcome's own words in `lang`; None when it has none, or lacks a fact they need."""
    template = outcome.template.get(lang)
    if not template or ("{fact}" in template and not facts):
        return None
    values = {
        "{brand}": brand.name,
        "{contact}": in_language(brand.contact, lang),
        "{fact}": in_language(facts[0].statement, lang) if facts else "",
    }
    private = outcome.private_template.get(lang) if outcome.private else None
    cites = "{fact}" in template
    return Draft(
        text=_filled(template, values),
        private_text=_filled(private, values) if private else None,
        origin="template",
        facts=(facts[0].id,) if cites else (),
    )


def signed(draft: Draft, brand: Brand, lang: str) -> Draft:
    """The draft with the brand's disclosure and signature, which code adds, never the model."""
    ends = (brand.disclosure.get(lang), brand.signature.get(lang))
    missing = [end for end in ends if end and end not in draft.text]
    return replace(draft, text=" ".join([draft.text, *missing])) if missing else draft


def _filled(template: str, values: Mapping[str, str]) -> str:
    for slot, value in values.items():
        template = template.replace(slot, value)
    return template


def _packed(reply: str, private: str | None) -> str:
    shape = {"reply": reply} if private is None else {"reply": reply, "private": private}
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":"))


def _voice(brand: Brand, lang: str) -> str:
    lines = [f"Tone: {in_language(brand.tone, lang)}"]
    if address := brand.address.get(lang):
        lines.append(f"Address the person as: {ADDRESS_NAMES.get(address, address)}")
    for title, rules in (("Do", brand.do), ("Don't", brand.dont)):
        if given := rules.get(lang):
            lines.append(f"{title}: " + "; ".join(given))
    if banned := brand.banned.get(lang):
        lines.append("Never use these words: " + ", ".join(banned))
    lines.append(f"Private channel to offer: {in_language(brand.contact, lang)}")
    return "\n".join(lines)
