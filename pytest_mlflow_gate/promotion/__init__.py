"""Findings to verdict to plan to registry: the fail-closed rule and the move."""
