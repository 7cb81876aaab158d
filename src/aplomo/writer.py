"""How the model is asked for a draft, and how its answer is read.

What never changes for a brand and a language comes first (voice, rules, exemplars), so that servers
cache it; the task comes last and is kept short, because that is what a small machine has to read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from aplomo.brand.model import Brand, Channel, Exemplar, Fact
from aplomo.comment import Comment
from aplomo.conversation import shown
from aplomo.draft import Draft, from_template, private_words
from aplomo.errors import BadCompletion
from aplomo.llm.port import Completion, Message, Request
from aplomo.plain_text import encodable
from aplomo.prompt import Prompt, fence
from aplomo.protocol.model import Element, Outcome, in_language

__all__ = ["Writer"]

LANGUAGE_NAMES = {"es": "Spanish", "en": "English"}
ADDRESS_NAMES = {"tu": "tú", "usted": "usted", "vos": "vos", "you": "you"}
MAX_TOKENS = 260
LONGEST = 400
"""Characters of a model's reply, whatever more the channel takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes the drafting requests for one comment and outcome, and reads the replies.

    `outcomes` are the protocol's and `known` all facts, by id: exemplars are shown with theirs.
    `facts` are those that this reply may cite.
    """

    prompts: Mapping[str, Prompt]
    brand: Brand
    channel: Channel
    outcome: Outcome
    outcomes: Mapping[str, Outcome]
    elements: Mapping[str, Element]
    lang: str
    facts: Sequence[Fact]
    known: Mapping[str, Fact]

    @property
    def instructions(self) -> str:
        """The text of the instructions, which no reply may repeat."""
        return self._system("")

    def request(self, comment: Comment) -> Request:
        """The drafting request: brand voice and exemplars first, the comment last."""
        first = [Message(role="system", content=self._system(_voice(self.brand, self.lang)))]
        for exemplar in self.brand.exemplars:
            first += self._shown(exemplar)
        task = self._task(self.outcome, self.facts, shown(comment).text, self._wording())
        return Request(
            purpose=f"draft:{self.lang}",
            messages=(*first, Message(role="user", content=task)),
            prefix=len(first),
            schema=self.schema,
            max_tokens=MAX_TOKENS,
        )

    def again(self, request: Request, draft: Draft, failures: Sequence[str]) -> Request:
        """The one repair: the failed draft, and what was wrong with it, by name."""
        listed = "\n".join(f"- {failure}" for failure in failures)
        said = Message(role="assistant", content=_packed(draft.facts, draft.text))
        asked = Message(role="user", content=self.prompts["repair"].render(failures=listed))
        return replace(request, messages=(*request.messages, said, asked), temperature=0.3)

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of a reply, in which what no such reply may hold cannot be written.

        Fact ids are an enumeration, so none can be invented; without facts there are no digits;
        handles, hashtags, markup, placeholders and line breaks never; the length is bounded.
        """
        properties: dict[str, Any] = {}
        if self.facts:
            ids = [fact.id for fact in self.facts]
            item = {"type": "string", "enum": ids}
            properties["facts"] = {"type": "array", "items": item, "maxItems": len(ids)}
        properties["reply"] = {"type": "string", "pattern": self._pattern()}
        if self._writes_private:
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
        if self._writes_private and not isinstance(private, str):
            raise BadCompletion("the draft holds no private follow-up")
        offered = {fact.id for fact in self.facts}
        listed = given.get("facts")
        ids = cast("list[Any]", listed) if isinstance(listed, list) else []
        cited = tuple(dict.fromkeys(str(item) for item in ids if str(item) in offered))
        written = encodable(str(private)).strip()
        return Draft(
            text=encodable(reply).strip(),
            private_text=written if self._writes_private else self._private,
            facts=cited,
        )

    @property
    def _private(self) -> str | None:
        return private_words(self.outcome, self.brand, self.lang, self.facts)

    @property
    def _writes_private(self) -> bool:
        """Whether the model words the private follow-up: where the protocol does not."""
        return self.outcome.private and self._private is None

    def _system(self, voice: str) -> str:
        language = LANGUAGE_NAMES.get(self.lang, self.lang)
        prompt = self.prompts["draft"]
        return prompt.render(brand=self.brand.name, language=language, voice=voice)

    def _task(self, outcome: Outcome, facts: Sequence[Fact], shown_as: str, wording: str) -> str:
        stated = [f"\n- {fact.id}: {in_language(fact.statement, self.lang)}" for fact in facts]
        return self.prompts["task"].render(
            goal=in_language(outcome.goal, self.lang),
            must=", ".join(self._means(outcome.must)) or "-",
            facts="".join(stated) or "-",
            wording=wording or "-",
            comment=shown_as,
        )

    def _wording(self) -> str:
        """The outcome's template, for outcomes that no exemplar shows."""
        if any(e.outcome == self.outcome.id and e.lang == self.lang for e in self.brand.exemplars):
            return ""
        template = from_template(self.outcome, self.brand, self.lang, self.facts)
        return template.text if template else ""

    def _means(self, ids: Sequence[str]) -> Iterator[str]:
        return (in_language(self.elements[id_].means, self.lang) for id_ in ids)

    def _shown(self, exemplar: Exemplar) -> list[Message]:
        """One exemplar as a task and its answer; nothing when this protocol has no such outcome."""
        outcome = self.outcomes.get(exemplar.outcome)
        if exemplar.lang != self.lang or outcome is None:
            return []
        facts = [self.known[id_] for id_ in exemplar.facts if id_ in self.known]
        return [
            Message(role="user", content=self._task(outcome, facts, fence(exemplar.comment), "")),
            Message(role="assistant", content=_packed([f.id for f in facts], exemplar.reply)),
        ]

    def _pattern(self) -> str:
        ends = sum(len(e.get(self.lang, "")) for e in (self.brand.signature, self.brand.disclosure))
        room = min(limit.most for limit in self.channel.limits) * 4 // 5 - ends
        most = max(40, min(LONGEST, room))
        barred = "" if self.facts else "0-9"
        return rf'^[^{barred}@#<>{{}}\[\]|*_\\"\n\r\t]{{12,{most}}}[.!?…]$'


def _packed(facts: Sequence[str], reply: str) -> str:
    shape: dict[str, Any] = {"facts": list(facts)} if facts else {}
    return json.dumps({**shape, "reply": reply}, ensure_ascii=False, separators=(",", ":"))


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
