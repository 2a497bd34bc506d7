"""C protein-induced myositis (CIM): animals, histology, function, cytokines, expression, metabolites.

The experimental unit is the mouse: blocks, sections, raters and repeats are put together within the mouse
first. CIM remits by itself, therefore the time since immunisation belongs to every measurement.
"""
