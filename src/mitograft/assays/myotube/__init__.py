"""Myotube images: nuclei, myotubes, fusion index."""
