"""One model of inflammatory myopathy and mitochondrial transplantation, for dish, mouse and patient."""
