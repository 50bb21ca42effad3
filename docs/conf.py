"""How Sphinx builds the documentation."""

from synfin import __version__

project = "synfin"
copyright = "the synfin authors"  # noqa: A001 - Sphinx's name
release = version = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "synfin"
