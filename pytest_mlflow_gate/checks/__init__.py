"""Gate and snapshot to findings: pure, one file for each family of conditions."""
