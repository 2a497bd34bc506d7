"""Join signals with what stands in their wells; find what does not fit together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mitograft.assays.findings import Finding
from mitograft.assays.plate.wells import LayoutWell, PlateFile, Signal, Well
from mitograft.errors import InputError, Violation

__all__ = ["join_layout"]

_SHOWN = 8


def join_layout(
    files: Sequence[PlateFile], layout: Sequence[LayoutWell] = (), *, layout_source: str = "layout"
) -> tuple[tuple[Well, ...], tuple[Finding, ...]]:
    """Put signals and contents together.

    Parameters
    ----------
    files
        Plate files of one experiment.
    layout
        Rows of a layout table. A row counts for every plate whose barcode, name, file name or file stem it
        gives, or for all plates where it gives none; it goes before what the instrument's file says.
    layout_source
        Name of the layout table for messages.

    Returns
    -------
    wells, findings
        Every signal with its content, in file order; wells of role ``unused`` are kept.

    Raises
    ------
    InputError
        If two files hold a plate of one barcode, a measured well has no content, or a row of the layout
        names a plate that no file holds; lists every violation.
    """
    violations = _repeated_plates(files)
    wells: list[Well] = []
    findings = [finding for file in files for finding in file.findings]
    used: set[LayoutWell] = set()
    by_well = _by_well(layout)
    for file in files:
        contents = _Contents(file, by_well)
        missing: dict[str, list[str]] = defaultdict(list)
        for signal in file.signals:
            content = contents.find(signal)
            if content is None:
                missing[signal.plate].append(signal.well)
                continue
            used.add(content)
            wells.append(Well(file.source, signal, content))
        violations += _missing(file, missing, layout_source)
        findings += _without_value(file)
    violations += _unknown_plates(files, layout, layout_source)
    if violations:
        raise InputError(layout_source, violations)
    return tuple(wells), (*findings, *_not_measured(layout, used, layout_source))


class _Contents:
    """The contents of one file's wells: the most specific row wins, the layout table before the file."""

    def __init__(self, file: PlateFile, layout: Mapping[str, Sequence[LayoutWell]]) -> None:
        self.names = {
            plate: {"", plate, file.barcodes.get(plate, plate), file.source, Path(file.source).stem}
            for plate in {signal.plate for signal in file.signals}
        }
        self.ranked = [layout, _by_well(file.layout)]

    def find(self, signal: Signal) -> LayoutWell | None:
        if not signal.well:  # an instrument without wells: one sample a file
            return LayoutWell(signal.plate, "", "sample", signal.plate)
        names = self.names[signal.plate]
        for rows in self.ranked:
            fitting = [
                row
                for row in rows.get(signal.well, ())
                if row.plate in names and row.analyte in {"", signal.channel}
            ]
            if fitting:
                return max(fitting, key=lambda row: (bool(row.analyte), bool(row.plate)))
        return None


def _by_well(rows: Iterable[LayoutWell]) -> dict[str, list[LayoutWell]]:
    found: dict[str, list[LayoutWell]] = defaultdict(list)
    for row in rows:
        found[row.well].append(row)
    return found


def _repeated_plates(files: Sequence[PlateFile]) -> list[Violation]:
    first: dict[str, str] = {}
    found = []
    for file in files:
        for barcode in dict.fromkeys(file.barcodes.values()):
            if barcode in first:
                found.append(
                    Violation(
                        "duplicate-plate",
                        found=f"the plate '{barcode[:40]}', which {first[barcode]} holds too",
                        expected="every barcode in one file",
                        remedy="Leave one of the two files out, or correct the barcode of the other plate.",
                        file=file.source,
                    )
                )
            first.setdefault(barcode, file.source)
    return found


def _missing(file: PlateFile, missing: dict[str, list[str]], layout_source: str) -> list[Violation]:
    found = []
    for plate, names in missing.items():
        wells = sorted(set(names))
        shown = ", ".join(wells[:_SHOWN]) + (" and more" if len(wells) > _SHOWN else "")
        found.append(
            Violation(
                "layout-missing-well",
                found=f"{len(wells)} measured wells without a row ({file.source}, '{plate[:40]}'): {shown}",
                expected="a row of the layout for every measured well",
                remedy="Add the wells, with the role 'unused' where nothing stands in them.",
                file=layout_source,
                column="well",
            )
        )
    return found


def _unknown_plates(
    files: Sequence[PlateFile], layout: Sequence[LayoutWell], layout_source: str
) -> list[Violation]:
    known = {""}
    for file in files:
        known |= {file.source, Path(file.source).stem, *file.barcodes.values()}
        known |= {signal.plate for signal in file.signals}
    unknown = sorted({row.plate for row in layout} - known)
    return [
        Violation(
            "unknown-plate",
            found=f"the plate '{plate[:40]}', which no file holds",
            expected="the barcode, plate name or file name of a plate that was read",
            remedy="Correct the name, or add the file.",
            file=layout_source,
            column="plate",
        )
        for plate in unknown
    ]


def _without_value(file: PlateFile) -> list[Finding]:
    return [
        Finding(
            "no-value",
            "warning",
            file.source,
            f"{signal.plate} {signal.well} {signal.channel}".strip(),
            f"'{signal.note}' instead of a number",
            "The well is left out; dilute the sample or lower the gain, and read again.",
        )
        for signal in file.signals
        if signal.note
    ]


def _not_measured(
    layout: Sequence[LayoutWell], used: set[LayoutWell], layout_source: str
) -> tuple[Finding, ...]:
    idle = sorted({row.well for row in layout if row.role != "unused" and row not in used})
    if not idle:
        return ()
    shown = ", ".join(idle[:_SHOWN]) + (" and more" if len(idle) > _SHOWN else "")
    return (
        Finding(
            "not-measured",
            "warning",
            layout_source,
            shown,
            f"{len(idle)} wells of the layout have no signal in any file",
            "Check that every plate was read and exported completely.",
        ),
    )
