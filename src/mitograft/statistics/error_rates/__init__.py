"""How often each analysis of a small trial is wrong: type I error and coverage, enumerated or simulated."""
