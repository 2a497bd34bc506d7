"""Images from a microscope: bytes to channels, their names and the scale; what every image assay shares."""
