"""The commands of ``python -m pytest_mlflow_gate``, one module for each."""
