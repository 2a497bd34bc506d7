"""The mitochondria lot: characterisation, release, potency, stability, dose preparation."""
