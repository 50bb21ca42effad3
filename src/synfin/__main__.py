"""`python -m synfin` is the command."""

from synfin.interfaces.cli.main import main

main()
