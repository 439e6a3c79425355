"""MLflow model promotion as a pytest run."""
