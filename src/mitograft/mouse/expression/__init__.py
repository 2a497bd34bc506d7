"""Gene expression of muscle: counts to differential expression, gene sets and the metabolic shift."""
