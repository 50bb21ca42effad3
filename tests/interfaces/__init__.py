"""What people see: the command."""
