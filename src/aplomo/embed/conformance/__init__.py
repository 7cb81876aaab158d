"""What any adapter must pass. Needs pytest, and a world: the tool, driven as people drive it.

    class TestMine(AdapterConformance):
        @pytest.fixture
        def world(self):
            with my_tool() as tool:
                yield MyWorld(tool)

Tests of what a tool cannot do (`Caps`, `World.troubles`) are skipped, each with its reason.
"""

from aplomo.embed.conformance.reading import Reads
from aplomo.embed.conformance.sending import Sends
from aplomo.embed.conformance.world import Trouble, World
from aplomo.embed.conformance.writing import Breaks, Delivers

__all__ = ["AdapterConformance", "Trouble", "World"]


class AdapterConformance(Reads, Delivers, Breaks, Sends):
    """Subclass it, name it `Test…`, and give it a fixture `world`."""
