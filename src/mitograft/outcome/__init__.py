"""Definitions of success as pure functions and data tables; no input or output."""
