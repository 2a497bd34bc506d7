"""The whole virtual study: truth -> every stage's simulator -> raw files, read later like anybody's files."""

from mitograft.simulation.write import simulate_study

__all__ = ["simulate_study"]
