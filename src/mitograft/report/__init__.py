"""Renders what it is given; computes nothing."""
