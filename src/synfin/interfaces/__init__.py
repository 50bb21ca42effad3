"""How people and programs ask; formatting and input only."""
