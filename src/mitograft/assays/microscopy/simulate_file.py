"""Write simulated planes as a microscope's OME-TIFF, marked as simulated."""

import xml.sax.saxutils as xml
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.provenance import atomic_write_bytes

__all__ = ["write_channels"]


def write_channels(
    path: Path,
    channels: tuple[npt.NDArray[np.uint16], ...],
    pixel_size_um: float,
    name: str,
    names: tuple[str, ...],
) -> None:
    """Write channels as uncompressed OME-TIFF, named and scaled; the same input gives the same bytes."""
    import io

    import tifffile

    height, width = channels[0].shape
    planes = "".join(
        f'<Channel ID="Channel:0:{i}" Name={xml.quoteattr(n)} SamplesPerPixel="1"/>'
        for i, n in enumerate(names)
    )
    data = "".join(f'<TiffData IFD="{i}" FirstC="{i}" PlaneCount="1"/>' for i in range(len(channels)))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" Creator="mitograft simulator">'
        f'<Image ID="Image:0" Name={xml.quoteattr("SIMULATED " + name)}>'
        "<Description>SIMULATED field; no cell was photographed.</Description>"
        f'<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="{channels[0].dtype}" SizeX="{width}" '
        f'SizeY="{height}" SizeC="{len(channels)}" SizeZ="1" SizeT="1" PhysicalSizeX="{pixel_size_um}" '
        f'PhysicalSizeXUnit="µm" PhysicalSizeY="{pixel_size_um}" PhysicalSizeYUnit="µm">'
        f"{planes}{data}</Pixels></Image></OME>"
    )
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, byteorder="<") as writer:
        for index, channel in enumerate(channels):
            description = text.encode() if index == 0 else None
            writer.write(
                channel,
                photometric="minisblack",
                description=description,
                metadata=None,
                software="mitograft simulator",
            )
    atomic_write_bytes(path, buffer.getvalue())
