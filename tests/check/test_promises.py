from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from aplomo.check.base import Matter
from aplomo.check.promises import promises
from aplomo.draft import Draft
from conftest import Make  # type: ignore[import-not-found]
