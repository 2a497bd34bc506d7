"""Column contracts and the reading and writing of tables."""
