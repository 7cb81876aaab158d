import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.errors import BadCompletion
from aplomo.llm.reading import RawAnswer, completion_from, line_up

texts = st.text(st.characters(codec="utf-8"), max_size=12)


def logprobs(pieces: list[bytes | str]) -> dict[str, object]:
    """An OpenAI logprobs object; a piece of bytes is sent with its bytes, as servers do."""
    content: list[dict[str, object]] = []
    for piece in pieces:
        text = piece if isinstance(piece, str) else piece.decode("utf-8", "replace")
        entry: dict[str, object] = {"token": text, "logprob": -0.5, "top_logprobs": []}
        if isinstance(piece, bytes):
            entry["bytes"] = list(piece)
        content.append(entry)
    return {"content": content}


@given(st.lists(texts, min_size=1), texts, texts)
def test_tokens_always_join_to_the_text(pieces: list[str], before: str, after: str):
    text = "".join(pieces).strip()
    tokens = line_up(text, logprobs([before, *pieces, after]))
    assert "".join(token.text for token in tokens) == text


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), st.data())
def test_characters_may_be_split_over_tokens(text: str, data: st.DataObject):
    packed = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(packed)), max_size=6)))
    pieces = [packed[a:b] for a, b in zip([0, *cuts], [*cuts, len(packed)], strict=True)]
    assert "".join(token.text for token in line_up(text, logprobs(list(pieces)))) == text


def test_a_code_fence_and_the_end_token_are_left_out():
    raw = ["```", "json", "\n", '{"a', '":"', "yes", '"}\n', "```", ""]
    answer = RawAnswer(text='```json\n{"a":"yes"}\n```', logprobs=logprobs(list(raw)))
    completion = completion_from(answer, structured=True, where="here")
    assert completion.text == '{"a":"yes"}'
    assert [token.text for token in completion.tokens] == ['{"a', '":"', "yes", '"}']


def test_free_text_keeps_its_fence():
    text = "```sh\nls\n```"
    assert completion_from(RawAnswer(text=text), structured=False, where="").text == text


def test_the_token_itself_is_among_its_alternatives():
    assert line_up("a", logprobs(["a"]))[0].alternatives == {"a": -0.5}


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS"])
def test_every_word_for_a_cut(finish: str):
    with pytest.raises(BadCompletion, match="cut"):
        completion_from(RawAnswer(text="x", finish=finish), structured=False, where="")
