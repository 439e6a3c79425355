"""Gate to snapshot: the only room that talks to MLflow."""
