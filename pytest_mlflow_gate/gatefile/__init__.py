"""YAML text to frozen domain types: the only room that knows YAML, lines and messages."""
