"""Compiled kernels, kept between runs: one module per equations, generator, kernel and version of numba.

numba's own cache does not see changes in a function that another calls, so the name of the module carries a
digest of everything its code depends on. Files appear by a link of a finished file, so processes that start
at the same time do not disturb each other. The folder is ``MITOGRAFT_CACHE``, or the platform's folder for
caches; where it cannot be written the kernel lives in memory.
"""

import importlib.util
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import ModuleType

from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.solve.source import kernel_key, kernel_source

__all__ = ["cache_folder", "load_kernel"]

_LOCK = Lock()
_LOADED: dict[str, ModuleType] = {}


def cache_folder() -> Path:
    """Return the folder of the compiled kernels; it need not exist."""
    named = os.environ.get("MITOGRAFT_CACHE")
    if named:
        return Path(named) / "kernels"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "mitograft" / "kernels"


def load_kernel(model: Model, method: str) -> ModuleType:
    """Return the kernel module of a model, ``explicit`` or ``stiff``; it compiles at the first call."""
    key = kernel_key(model, method)
    with _LOCK:
        if key not in _LOADED:
            name = f"mitograft_kernel_{method}_{key}"
            _LOADED[key] = _from_folder(model, method, name) or _from_memory(model, method, name)
        return _LOADED[key]


def _from_folder(model: Model, method: str, name: str) -> ModuleType | None:
    path = cache_folder() / f"{name}.py"
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _place(path, kernel_source(model, method))
        except OSError:
            return None
    if not os.access(path.parent, os.W_OK):
        return None
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba looks a function's module up by name
    spec.loader.exec_module(module)
    return module


def _place(path: Path, text: str) -> None:
    """Write a file that appears complete or not at all; who comes second leaves the first one's."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        try:
            with suppress(FileExistsError):
                os.link(temporary, path)
        except OSError:  # a file system without links
            os.replace(temporary, path)  # noqa: PTH105
    finally:
        with suppress(OSError):
            Path(temporary).unlink()


def _from_memory(model: Model, method: str, name: str) -> ModuleType:
    text = kernel_source(model, method).replace("cache=True", "cache=False")
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)  # noqa: S102  our own generated text
    return module
