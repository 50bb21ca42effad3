"""Everything a user can ask, one typed function each; every interface obtains its answers here."""

from synfin.operations.connections import (
    Dialogue,
    connection_account,
    connection_lines,
    connection_table,
    followed_streams,
    prepared_tables,
    shows_most,
    sorted_by,
    write_parquet,
)
from synfin.operations.counting import STATISTICS, Counting, Records, records, records_table, statistics
from synfin.operations.explanations import drawn_explanation, explain_connection, explanation_page
from synfin.operations.filters import FilterAnswer, FoundField, completions, filter_in_words, search
from synfin.operations.lessons import (
    capture_layers,
    drawn_header,
    drawn_layers,
    drawn_packet,
    made_questions,
    taught_header,
    taught_packet,
)
from synfin.operations.packets import (
    LIST_FIELDS,
    Detail,
    known_fields,
    packet_details,
    packet_fields,
    packet_json,
    packet_list,
)
from synfin.operations.scenarios import Demonstration, demonstrate, demonstrations
from synfin.operations.selection import Chosen, Selection, chosen_tables, compiled
from synfin.operations.settings import DECODE_TABLES, PREFERENCES, decode_rules, settings_of
from synfin.operations.sharing import anonymized, origin_of, save
from synfin.operations.warming import warm_up
from synfin.session import open_session

__all__ = [
    "DECODE_TABLES",
    "LIST_FIELDS",
    "PREFERENCES",
    "STATISTICS",
    "Chosen",
    "Counting",
    "Demonstration",
    "Detail",
    "Dialogue",
    "FilterAnswer",
    "FoundField",
    "Records",
    "Selection",
    "anonymized",
    "capture_layers",
    "chosen_tables",
    "compiled",
    "completions",
    "connection_account",
    "connection_lines",
    "connection_table",
    "decode_rules",
    "demonstrate",
    "demonstrations",
    "drawn_explanation",
    "drawn_header",
    "drawn_layers",
    "drawn_packet",
    "explain_connection",
    "explanation_page",
    "filter_in_words",
    "followed_streams",
    "known_fields",
    "made_questions",
    "open_session",
    "origin_of",
    "packet_details",
    "packet_fields",
    "packet_json",
    "packet_list",
    "prepared_tables",
    "records",
    "records_table",
    "save",
    "search",
    "settings_of",
    "shows_most",
    "sorted_by",
    "statistics",
    "taught_header",
    "taught_packet",
    "warm_up",
    "write_parquet",
]
