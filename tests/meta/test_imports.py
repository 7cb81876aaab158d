"""The import budget: what may be loaded, as sets of modules, never as milliseconds."""

import subprocess
import sys

import pytest

HEAVY = {
    "cel_expr_python", "httpx2", "huggingface_hub", "langchain_core", "lingua", "numpy", "openai",
    "phonenumbers", "pydantic", "regex", "sklearn", "sqlalchemy", "stdnum", "tenacity", "tqdm",
    "vcr", "xllamacpp", "yaml",
}  # fmt: skip


def loaded(program: str) -> set[str]:
    """The top-level modules that `program` leaves loaded in a fresh interpreter."""
    script = f"import sys\n{program}\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    run = [sys.executable, "-c", script]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "program",
    [
        "import aplomo",
        "from aplomo import Comment, walk, Answer, UsageError",
        "from aplomo.cli.main import cli\ncli(['--help'], standalone_mode=False)",
        "from aplomo.cli.main import cli\ncli(['draft', '--help'], standalone_mode=False)",
    ],
)
def test_start_up_loads_nothing_heavy(program: str) -> None:
    assert loaded(program) & HEAVY == set()


def test_loading_a_protocol_reaches_for_no_model() -> None:
    program = (
        "from aplomo.assets import asset\nfrom aplomo.protocol.load import load\n"
        "load(asset('protocols', 'basic-guide.yaml'))"
    )
    extra = loaded(program) & HEAVY
    assert extra <= {"cel_expr_python", "pydantic", "yaml", "regex"}


def test_preparing_the_drafter_loads_no_vendor_package_before_it_is_used() -> None:
    program = "from aplomo import Drafter, ScriptedModel\nDrafter(model=ScriptedModel([]))"
    assert loaded(program) & {"openai", "langchain_core", "xllamacpp", "huggingface_hub"} == set()
