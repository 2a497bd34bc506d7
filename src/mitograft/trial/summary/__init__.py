"""Tables of a trial as data: counts and descriptions with the records behind each number."""
