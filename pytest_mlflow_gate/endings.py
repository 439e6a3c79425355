"""How gate files are named; apart, because every pytest run asks."""

GATE_FILE_ENDINGS = ("gate.yaml", "gate.yml")
"""How a file is named that counts as a gate in a folder, or as an argument without the option."""
