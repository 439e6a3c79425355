"""The pytest words for the other rooms: options, collectors, items, the session."""
