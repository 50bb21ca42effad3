"""What the example captures show: one function each, grouped by the part of a connection they are about."""

from recording.scenario import Scenario

from scenarios import closing, network, opening, transfer

SCENARIOS: tuple[Scenario, ...] = (
    *opening.SCENARIOS,
    *transfer.SCENARIOS,
    *closing.SCENARIOS,
    *network.SCENARIOS,
)
