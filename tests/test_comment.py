import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.comment import Author, Comment, Turn, visible
from aplomo.errors import InputError

anything = st.text(alphabet=st.characters())  # lone surrogates too


@given(anything, anything, anything, st.dictionaries(anything, anything))
def test_any_text_gives_a_comment_that_can_be_written_down_or_an_error(
    text: str, name: str, channel: str, meta: dict[str, str]
) -> None:
    try:
        comment = Comment(
            text=text,
            channel=channel,
            meta=meta,
            author=Author(name=name),
            thread=(Turn(text=name, author=name),),
            history=(name,),
        )
    except InputError:
        assert not visible(re.sub("[\ud800-\udfff]", "\ufffd", text)).strip()
        return
    json.dumps(comment.to_dict(), ensure_ascii=False).encode()
    assert len(comment.sha256) == 64


@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u202e", "\x00\x01", "\ufeff"])
def test_a_comment_that_shows_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no visible text"):
        Comment(text=text)


@pytest.mark.parametrize("text", [None, 5, b"hola", ["hola"]])
def test_a_comment_that_is_not_text_is_refused(text: object) -> None:
    with pytest.raises(InputError, match="must be text"):
        Comment(text=text)  # type: ignore[arg-type]


def test_the_id_follows_from_the_content_unless_given() -> None:
    assert Comment(text="a").id == Comment(text="a").id != Comment(text="b").id
    assert Comment(text="a", id="7").id == "7"
    assert Comment(text="a", channel="x").sha256 != Comment(text="a").sha256


def test_what_reorders_or_hides_is_not_visible_and_emoji_stay_whole() -> None:
    assert visible("a\u202eb\u200bc\x07d\U000e0041e") == "abcde"
    family = "👨\u200d👩\u200d👧"
    assert visible(family) == family


def test_a_comment_cannot_be_changed() -> None:
    comment = Comment(text="a", meta={"plan": "gold"})
    with pytest.raises(AttributeError):
        comment.text = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        comment.meta["plan"] = "none"  # type: ignore[index]
