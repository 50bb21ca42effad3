"""What to teach about TCP."""

OPTION_LESSONS = {"sack.block": {}}
MPTCP_LESSONS = {}
LESSONS = {}
