"""Adapters are found by name, made from their table, and get secrets from the environment."""

import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from aplomo.embed.plugins import (
    GROUP,
    AdapterSettings,
    adapter_names,
    load_adapter,
    loaded_adapters,
)
from aplomo.errors import ConfigError
from aplomo.workspace import Workspace

THEIRS = """
class Theirs:
    def __init__(self, settings):
        settings.only({"url", "token_env"})
        self.name, self.url, self.token = settings.name, settings.url(), settings.secret("token")
        self.sender = settings.sender and settings.sender.secret("token")
"""


def workspace(root: Path, *tables: str) -> Workspace:
    (root / "aplomo.toml").write_text("\n".join(tables), encoding="utf-8")
    return Workspace.find(root)


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody else's, as pip leaves it: a module and its entry points."""
    site = tmp_path / "site"
    info = site / "theirs-1.dist-info"
    info.mkdir(parents=True)
    (site / "their_adapter.py").write_text(THEIRS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    points = "theirs = their_adapter:Theirs\nbroken = a_package_that_is_not_there:Adapter\n"
    (info / "entry_points.txt").write_text(f"[aplomo.adapters]\n{points}")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])


def test_the_adapters_that_come_with_aplomo_are_where_the_entry_points_say() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"][GROUP]
    assert set(declared) == {"chatwoot", "django_helpdesk", "imap", "request_tracker"}
    for name, value in declared.items():
        factory = EntryPoint(name=name, value=value, group=GROUP).load()
        with pytest.raises(ConfigError):
            factory(AdapterSettings(name=name, table={"no_such_key": 1}, environ={}))


@pytest.mark.usefixtures("theirs")
def test_an_adapter_of_a_third_party_is_loaded_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = '[adapters.support]\ntype = "theirs"\nurl = "https://desk.example/"\ntoken_env = "T"'
    place = workspace(tmp_path, table, "[adapters.support.sender]", 'token_env = "S"')
    assert "theirs" in adapter_names()
    assert "their_adapter" not in sys.modules
    monkeypatch.setenv("T", "drafts")
    monkeypatch.setenv("S", "sends")
    adapters = loaded_adapters(place)
    adapter = adapters("support")
    seen = {name: getattr(adapter, name) for name in ("name", "url", "token", "sender")}
    assert seen == {
        "name": "support",
        "url": "https://desk.example",
        "token": "drafts",
        "sender": "sends",
    }
    assert adapters("support") is adapter
    sys.modules.pop("their_adapter")


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[adapters.support]\ntype = "nobodys"', "no adapter of type 'nobodys'"),
        ('[adapters.support]\ntype = "broken"', "cannot be loaded"),
        ('[adapters.other]\ntype = "theirs"', "no adapter 'support' is configured"),
        ('[adapters]\nsupport = "theirs"', "'adapters.support' is not a table"),
        ('[adapters."../etc"]\ntype = "theirs"', "no name of an adapter"),
        ('[adapters."a/b"]\ntype = "theirs"', "no name of an adapter"),
        ('[adapters.support]\ntype = "theirs"\nurll = "x"', "unknown key 'urll'"),
    ],
)
def test_what_cannot_be_loaded_is_said(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_adapter("support", workspace(tmp_path, table), {"T": "x"})
    sys.modules.pop("their_adapter", None)


def settings(environ: dict[str, str] | None = None, **table: object) -> AdapterSettings:
    return AdapterSettings(name="support", table=table, environ=environ or {})


def test_a_secret_is_the_value_of_the_variable_that_is_named() -> None:
    assert settings({"TOKEN": "s3cret"}, token_env="TOKEN").secret("token") == "s3cret"
    assert settings().secret("token", required=False) == ""


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"token": "s3cret"}, "'token' holds a secret in the file"),
        ({}, "needs 'token_env'"),
        ({"token_env": 7}, "needs 'token_env'"),
        ({"token_env": "NOT_SET"}, "the variable NOT_SET"),
    ],
)
def test_a_secret_that_is_not_there_or_stands_in_the_file_is_refused(
    table: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        settings({"NOT_SET": ""}, **table).secret("token")
    assert "s3cret" not in str(refused.value)


def test_secrets_are_not_shown() -> None:
    assert "s3cret" not in repr(settings({"TOKEN": "s3cret"}, token_env="TOKEN"))


@pytest.mark.parametrize("url", ["http://desk.example", "ftp://x", "https://u:p@desk.example", "x"])
def test_only_https_or_this_machine_is_an_address(url: str) -> None:
    with pytest.raises(ConfigError, match="not a usable address"):
        settings(url=url).url()
    assert settings(url="http://127.0.0.1:8/").url() == "http://127.0.0.1:8"
