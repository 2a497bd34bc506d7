"""Agilent Seahorse XF: oxygen consumption and acidification."""
