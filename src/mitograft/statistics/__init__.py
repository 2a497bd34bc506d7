"""What several stages need: exact tests, intervals, posterior probabilities."""
