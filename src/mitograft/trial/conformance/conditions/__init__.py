"""What a rule can look for: one function a condition, grouped by what it looks at."""
