"""The four public Wave workbooks, as they are, through one command."""

import csv
import shutil
from collections import Counter


def test_four_public_workbooks_by_one_command(mitograft, shared, tmp_path):
    folder = tmp_path / "waves"
    (folder / "invitro" / "seahorse").mkdir(parents=True)
    for path in (shared / "data" / "in_vitro" / "seahorse").glob("*.xlsx"):
        shutil.copy(path, folder / "invitro" / "seahorse")
    head = '[study]\nid = "waves"\ntitle = "Public Wave workbooks"\ndata_kind = "published"\n[invitro]\n'
    (folder / "study.toml").write_text(head)
    assert mitograft("run", folder).code == 0
    with (folder / "out" / "tables" / "readings.csv").open(encoding="utf-8") as file:
        readings = list(csv.DictReader(file))
    assert len({row["source"] for row in readings}) == 4
    # 40 wells with cells of the two 24-well plates have every parameter (wmoldham/seahorse, MIT).
    maximal = Counter(
        row["source"] for row in readings if row["parameter"] == "maximal_respiration" and row["value"]
    )
    assert [maximal[f"wmoldham_raw_{i}_XFe24_MST.xlsx"] for i in (1, 3)] == [20, 20]
    with (folder / "out" / "tables" / "quality_control.csv").open(encoding="utf-8") as file:
        found = [
            row for row in csv.DictReader(file) if row["rule"] == "deselected" and "donorA" in row["source"]
        ]
    # Deselected wells of donor A as the seahtrue test suite lists them.
    assert {row["place"] for row in found} == set("A05 A06 A07 A08 A12 C08 F03 G12 H09".split())  # noqa: SIM905  as listed there
