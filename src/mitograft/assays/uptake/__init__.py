"""Uptake of donor mitochondria, membrane potential, mitochondrial ROS."""
