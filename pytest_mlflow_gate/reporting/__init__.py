"""Finished values to what people and CI systems read."""
