"""The table `[inbox]`: what it sets, and what is refused in it."""

from pathlib import Path
from typing import Any

import pytest

from aplomo.embed.inbox import InboxSettings
from aplomo.embed.store.store import store_url
from aplomo.errors import ConfigError
from aplomo.workspace import Workspace


def place(tmp_path: Path, inbox: Any) -> Workspace:
    return Workspace(root=tmp_path, settings={"inbox": inbox})


def test_without_a_table_there_are_defaults(tmp_path: Path) -> None:
    settings = InboxSettings.of(Workspace(root=tmp_path, settings={}))
    assert settings == InboxSettings()
    assert (settings.keep_text, settings.lang, settings.limits.per_thread_hour) == (True, None, 4)


def test_what_is_set_holds(tmp_path: Path) -> None:
    table = {"keep_text": False, "lang": "en", "lease_seconds": 30, "per_thread_hour": 2}
    settings = InboxSettings.of(place(tmp_path, table))
    assert (settings.keep_text, settings.lang, settings.lease_seconds) == (False, "en", 30.0)
    assert settings.limits.per_thread_hour == 2


@pytest.mark.parametrize(
    ("inbox", "said"),
    [
        ({"keep_texts": False}, "unknown key 'inbox.keep_texts'"),
        ({"keep_text": "no"}, "must be true or false"),
        ({"keep_text": 0}, "must be true or false"),
        ({"lang": "fr"}, "'inbox.lang'"),
        ({"lang": ["es"]}, "'inbox.lang'"),
        ({"lease_seconds": "long"}, "'inbox.lease_seconds'"),
        ({"lease_seconds": True}, "'inbox.lease_seconds'"),
        ({"lease_seconds": 0}, "'inbox.lease_seconds'"),
        ({"tries": -1}, "'inbox.tries'"),
        ({"per_thread_hour": "4"}, "'inbox.per_thread_hour'"),
        ("yes", "not a table"),
    ],
)
def test_what_is_wrong_is_refused_by_name(tmp_path: Path, inbox: Any, said: str) -> None:
    """`keep_text = "no"`, taken for true, would keep what should not be kept."""
    with pytest.raises(ConfigError, match=said):
        InboxSettings.of(place(tmp_path, inbox))


@pytest.mark.parametrize("inbox", ["yes", {"url": 5}, {"url": ""}, {"url": ["a"]}])
def test_where_the_store_is_must_be_a_text(tmp_path: Path, inbox: Any) -> None:
    with pytest.raises(ConfigError, match="inbox\\.url"):
        store_url(place(tmp_path, inbox), {})
