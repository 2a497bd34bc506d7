"""Hashes, manifest, audit log, atomic writes."""
