import math
import re

import pytest

from mitograft.errors import UsageError
from mitograft.report.figures.stability import StabilityLine, StabilityLot, draw_stability

LOTS = (StabilityLot("L-1", (0, 6, 12), (5.0, 4.6, 4.1)), StabilityLot("L-2", (0, 6, 12), (5.1, 4.5, 4.2)))
LINE = StabilityLine((0, 12, 30), (5.0, 4.1, 2.7), lower=(4.9, 4.0, 2.4))


def words(**changes):
    arguments = {
        "label": "respiratory control ratio",
        "time_label": "months",
        "limits": (2.5,),
        "shelf_life": 28.75,
    }
    svg = draw_stability(LOTS, LINE, **(arguments | changes))
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return svg, texts


def test_the_figure_says_what_it_shows():
    _, texts = words(data_kind="simulated")
    assert {"L-1", "L-2", "months", "respiratory control ratio", "limit 2.5", "shelf life 28.8"} <= set(texts)
    assert "SIMULATED DATA" in texts


@pytest.mark.parametrize("life", [math.inf, math.nan])
def test_without_an_end_there_is_no_mark(life):
    assert not [text for text in words(shelf_life=life)[1] if text.startswith("shelf life")]


def test_the_same_input_gives_the_same_bytes():
    assert words()[0] == words()[0]


@pytest.mark.parametrize("lots", [(), LOTS * 5, (StabilityLot("L", (0, 1), (5.0,)),)])
def test_what_cannot_be_shown_is_refused(lots):
    with pytest.raises(UsageError, match="expected one to 8 lots, a value for every time"):
        draw_stability(lots, None, label="x", time_label="t")
