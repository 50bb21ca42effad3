"""What the example captures show: one function each, grouped by the part of a connection they are about."""

from scenarios import closing, network, opening, transfer
from scenarios.example import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *opening.SCENARIOS,
    *transfer.SCENARIOS,
    *closing.SCENARIOS,
    *network.SCENARIOS,
)
