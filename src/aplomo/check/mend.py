"""What code mends in a model's draft: it cuts padding, and adds what the reply has to say."""

from collections.abc import Iterator
from dataclasses import replace

from aplomo.check.base import Matter
from aplomo.check.copies import echoes
from aplomo.check.grounding import beside_the_point
from aplomo.check.text import sentences
from aplomo.check.wording import says, unsaid
from aplomo.draft import Draft, from_template
from aplomo.words import fold

__all__ = ["mended"]


def mended(draft: Draft, matter: Matter) -> Draft:
    """`draft` without what none asked for, and with what its outcome must say; or as it is."""
    return _completed(_trimmed(draft, matter), matter)


def _trimmed(draft: Draft, matter: Matter) -> Draft:
    """`draft` without the public sentences that none asked for; as it is where there are none.

    Those that turn the comment round, that say what no fact says beside the point, and that offer
    a private channel for an outcome that has no use for one. Of a draft that is nothing else, all
    stays: the checks say what is wrong with it; and of one whose sentences cannot be told apart
    for certain ("from 9 a.m. to noon").
    """
    said = sentences(draft.text)
    if any(each[0].islower() for each in said):
        return draft
    refused = {*_needless_offers(draft, matter), *beside_the_point(draft, matter)}
    kept = [each for each in said if each not in refused and not echoes(each, matter)]
    return replace(draft, text=" ".join(kept)) if 0 < len(kept) < len(said) else draft


def _needless_offers(draft: Draft, matter: Matter) -> Iterator[str]:
    outcome, contact = matter.outcome, fold(matter.brand.contact.get(matter.lang, ""))
    if not contact or outcome.private or any("{contact}" in t for t in outcome.template.values()):
        return
    yield from (each for each in sentences(draft.text) if contact in fold(each))


def _completed(draft: Draft, matter: Matter) -> Draft:
    """`draft` with the template's own sentences for what it must say and does not.

    A sentence of the template's first half goes before the draft, another after it.
    """
    template = from_template(matter.outcome, matter.brand, matter.lang, ())
    lacking = unsaid(draft.text, matter)
    if template is None or not lacking:
        return draft
    own = sentences(template.text)
    added = {
        next((place for place, each in enumerate(own) if says(each, id_, matter)), None)
        for id_ in lacking
    }
    before = [each for place, each in enumerate(own) if place in added and 2 * place < len(own)]
    after = [each for place, each in enumerate(own) if place in added and 2 * place >= len(own)]
    return replace(draft, text=" ".join((*before, draft.text, *after)))
