"""The 2016 ACR/EULAR Total Improvement Score."""
