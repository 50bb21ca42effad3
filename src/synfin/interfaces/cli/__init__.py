"""The `synfin` command: one file per subcommand."""
