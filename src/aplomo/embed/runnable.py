"""A Drafter as a LangChain Runnable: it composes with `|`, and callbacks see what it does."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel, RootModel, create_model

from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.decision.schema import decision_schema
from aplomo.embed.request import Asking, asking_from, request_shape
from aplomo.inbound import comment_shape

if TYPE_CHECKING:
    from aplomo.embed.drafter import Drafter

__all__ = ["DraftInput", "DraftRunnable"]

DraftInput = Comment | str | Mapping[str, Any]
"""A comment, its text alone, its JSON shape, or a request `aplomo.request/1`."""


class DraftRunnable(Runnable[DraftInput, Decision]):
    """Takes a comment, gives the Decision; `invoke`, `batch`, `stream` and their async twins.

    A model that fails is in the decision, as with Drafter. Input that is no comment raises
    InputError. A LangChain chat model that the Drafter uses reports to the same callbacks, as a
    child of this run.
    """

    def __init__(self, drafter: "Drafter") -> None:
        self._drafter = drafter
        self.name = f"aplomo-{drafter.kit.protocol.id}"

    def __repr__(self) -> str:
        return f"DraftRunnable({self.name})"

    @property
    def InputType(self) -> Any:  # noqa: N802 -- the name that Runnable gives it
        """What may be given."""
        return DraftInput

    @property
    def OutputType(self) -> type[Decision]:  # noqa: N802
        """A Decision."""
        return Decision

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """The JSON forms of the input: text, a comment, or a request."""
        return _input_schema()

    def get_output_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """The decision record, `aplomo.decision/1`: what `to_dict()` of the output gives."""
        return DraftOutput

    def invoke(
        self, input: DraftInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Decision:
        """Decide one comment. Raises InputError when the input is none."""
        return self._call_with_config(self._draft, input, config, run_type="chain", **kwargs)

    async def ainvoke(
        self, input: DraftInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Decision:
        """The async twin of `invoke`."""
        return await self._acall_with_config(
            self._adraft, input, config, run_type="chain", **kwargs
        )

    def _draft(self, given: DraftInput) -> Decision:
        asking = _asking(given)
        return self._drafter.draft(asking.comment, asking.answers)

    async def _adraft(self, given: DraftInput) -> Decision:
        asking = _asking(given)
        return await self._drafter.adraft(asking.comment, asking.answers)


def _asking(given: DraftInput) -> Asking:
    if isinstance(given, Comment):
        return Asking(comment=given)
    return asking_from({"text": given} if isinstance(given, str) else given)


def _input_schema() -> type[BaseModel]:
    shapes: Any = str | comment_shape() | request_shape()
    return create_model("DraftInput", __base__=RootModel[shapes], __doc__="A comment to answer.")


class DraftOutput(RootModel[Any]):
    """The decision record."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        return decision_schema()
