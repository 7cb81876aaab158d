import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.links import around_links, find_links


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Mira https://a.example.com/x?y=1#z.",
            [("https://a.example.com/x?y=1#z", "a.example.com")],
        ),
        ("(ver http://example.com/a_(b))", [("http://example.com/a_(b)", "example.com")]),
        ("(ver http://example.com/a)", [("http://example.com/a", "example.com")]),
        ("en example.com, o en t.co!", [("example.com", "example.com"), ("t.co", "t.co")]),
        ("WWW.EXAMPLE.COM", [("WWW.EXAMPLE.COM", "www.example.com")]),
        ("http://user:pass@evil.net/x", [("http://user:pass@evil.net/x", "evil.net")]),
        ("https://good.example.com@evil.net", [("https://good.example.com@evil.net", "evil.net")]),
        ("http://192.168.0.1:8080/x", [("http://192.168.0.1:8080/x", "192.168.0.1")]),
        ("http://localhost", [("http://localhost", "localhost")]),
        ("españa.es/año", [("españa.es/año", "españa.es")]),
        ("http://日本.jp/", [("http://日本.jp/", "日本.jp")]),
        ("example.com.nada", [("example.com", "example.com")]),
        ("日example.com", [("example.com", "example.com")]),
        ("ana@example.com", []),
        ("@example.com #example.com", []),
        ("v1.2, 12.50, p.ej. y a.m.", []),
        ("hola.Adiós", []),
        ("http:// y https://", []),
        ("", []),
    ],
)
def test_links_are_found_as_x_finds_them(text: str, found: list[tuple[str, str]]) -> None:
    assert [(link.url, link.host) for link in find_links(text)] == found


def test_a_link_knows_whether_its_domain_is_real() -> None:
    real, invented = find_links("http://example.com http://example.zzzz")
    assert (real.real, real.bare) == (True, False)
    assert (invented.real, invented.bare) == (False, False)
    assert find_links("example.com")[0].bare


def test_what_is_around_them() -> None:
    text = "a http://b.com c.com d"
    assert around_links(text, find_links(text)) == "a     d"


@given(text=st.text() | st.text(alphabet="ahtps:/.@()-_#?1 comñ日"))
def test_a_link_is_a_piece_of_the_text(text: str) -> None:
    end = 0
    for link in find_links(text):
        assert end <= link.start < link.end
        assert text[link.start : link.end] == link.url
        end = link.end


@pytest.mark.parametrize(
    "piece", ["a.", "a", "http://", "http://a.com/)", "a@", "http://a@", "à", "a.com."]
)
def test_a_megabyte_is_searched(piece: str) -> None:
    find_links(piece * (1_000_000 // len(piece)))
