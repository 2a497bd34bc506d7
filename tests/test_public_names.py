"""The public surface: complete, sorted, loaded only when used."""

import subprocess
import sys

import mitograft
from mitograft import _PLACES


def test_every_public_name_loads_and_is_listed():
    assert mitograft.__all__ == sorted(mitograft.__all__, key=lambda n: (n[0].islower(), n))
    assert set(mitograft.__all__) == set(_PLACES)
    for name in mitograft.__all__:
        thing = getattr(mitograft, name)
        assert thing.__name__ == name
        assert thing.__doc__


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(mitograft, "nonsense")


def test_import_loads_nothing():
    code = "import mitograft, sys; print(sorted({'numpy', 'click', 'polars', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
