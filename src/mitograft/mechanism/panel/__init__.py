"""The perturbation panel: any table of perturbations as simulated experiments, judged over an ensemble."""
