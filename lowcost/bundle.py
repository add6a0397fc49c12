"""Model bundles: the folder that holds everything a prediction depends on, checked before anything in it is used.

``bundle.json`` names the format, the parameters of every module, the SHA-256 of every other file and, as its seal, its
own; `lowcost` reads no number and no file from elsewhere, so the digest of ``bundle.json`` alone says which model made
a result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import types
import typing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from lowcost.errors import BundleError

FORMAT = 1
"""The version of the bundle format that this version of `lowcost` reads."""

DEFAULT = "lowcost-1"
"""Name of the bundle that comes with the package."""

_INDEX = "bundle.json"
_NO_SEAL = "0" * 64
"""What stands in place of the seal while it is computed."""

_RESTORE = "restore the bundle from its source or reinstall lowcost"

P = TypeVar("P")


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model bundle whose files were all found as they were sealed.

    Attributes
    ----------
    name, version : str
        As the bundle calls itself.
    digest : str
        SHA-256 of ``bundle.json``, which itself pins every other file.
    folder : pathlib.Path
        Where it was read from.
    parameters : dict
        Raw parameters by section; `section` gives them their types.
    files : dict of str to bytes
        Content of every file by its name relative to the folder, with forward slashes.
    """

    name: str
    version: str
    digest: str
    folder: Path
    parameters: dict[str, Any] = field(repr=False)
    files: dict[str, bytes] = field(repr=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Bundle:
        """Read a bundle and check every file of it.

        Parameters
        ----------
        path : path, optional
            Folder of the bundle; by default the one that comes with the package.

        Raises
        ------
        BundleError
            It is missing, damaged, tampered with or of another format; the text says which and what to do.
        """
        if not isinstance(path, str | os.PathLike | None):
            raise BundleError(f"a bundle is named by its folder, got {path!r}: give one such as models/{DEFAULT}")
        folder = _default_folder() if path is None else Path(path)
        raw = _index_bytes(folder)
        index = _parsed(raw, folder)
        _check_seal(raw, index.get("seal"), folder)
        files = {name: _checked_bytes(folder, name, digest) for name, digest in index["files"].items()}
        return cls(index["name"], index["version"], hashlib.sha256(raw).hexdigest(), folder, index["parameters"], files)

    @cached_property
    def results_digest(self) -> str:
        """SHA-256 of what decides results: parameters and files, but for the texts that are for readers (``.md``)."""
        files = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        decides = {name: digest for name, digest in files.items() if not name.lower().endswith(".md")}
        return hashlib.sha256(json.dumps([self.parameters, decides], sort_keys=True).encode()).hexdigest()

    def file(self, name: str) -> bytes:
        """Return the checked content of one file.

        Parameters
        ----------
        name : str
            As listed in ``bundle.json``, for example ``"attributes/cell_size.txt"``.

        Raises
        ------
        BundleError
            The bundle has no such file.
        """
        if name not in self.files:
            raise BundleError(
                f"bundle {self.name!r} lists no file {name!r}, which this version of lowcost needs: {_RESTORE}"
            )
        return self.files[name]

    def section(self, name: str, parameters: type[P]) -> P:
        """Build the parameters of one module.

        Parameters
        ----------
        name : str
            The section, which is the module's name.
        parameters : type
            A dataclass whose fields are `int`, `float`, `str`, `bool`, `None`, tuples, dicts with `str` keys or
            dataclasses of these. JSON lists become tuples, and JSON integers floats where a float is expected.

        Returns
        -------
        An instance of `parameters`.

        Raises
        ------
        BundleError
            A parameter is missing, unknown or of the wrong type; the text names it.
        """
        if name not in self.parameters:
            raise BundleError(f"bundle {self.name!r} has no parameters for {name!r}: {_RESTORE}")
        built: P = _typed(self.parameters[name], parameters, f"bundle {self.name!r}: {name}")
        return built

    def document(self, name: str, kind: type[P]) -> P:
        """Build what a JSON file of the bundle holds; parameters, value and errors are those of `section`."""
        try:
            content = json.loads(self.file(name), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{name} of bundle {self.name!r} is damaged: {_RESTORE}") from error
        built: P = _typed(content, kind, f"bundle {self.name!r}: {name}")
        return built


def seal(path: str | os.PathLike[str]) -> str:
    """Write the SHA-256 of every file in a bundle's folder into its ``bundle.json``, and then its own.

    Parameters
    ----------
    path : path
        Folder of the bundle, with a ``bundle.json`` whose ``files`` and ``seal`` may be out of date. Hidden files are
        left out.

    Returns
    -------
    str
        The bundle's new digest.

    Raises
    ------
    BundleError
        There is no usable ``bundle.json``.
    """
    folder = Path(path)
    index = _parsed(_index_bytes(folder), folder)
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    index["files"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in names
        if name != _INDEX and not any(part.startswith(".") for part in name.split("/"))
    }
    index.pop("seal", None)
    index["seal"] = _NO_SEAL  # last: nothing like it comes after
    raw = (json.dumps(index, indent=2, ensure_ascii=False) + "\n").encode()
    raw = _with_last(raw, _NO_SEAL, hashlib.sha256(raw).hexdigest())
    # A reader sees the old or the new file, never half of one.
    draft = folder / f".{_INDEX}.{os.getpid()}"
    draft.write_bytes(raw)
    draft.replace(folder / _INDEX)
    return hashlib.sha256(raw).hexdigest()


def _default_folder() -> Path:
    """The bundle inside the installed package, or that of the working tree which is run in place."""
    package = Path(__file__).resolve().parent
    installed = package / "models" / DEFAULT
    return installed if installed.is_dir() else package.parent / "models" / DEFAULT


def _index_bytes(folder: Path) -> bytes:
    if not folder.is_dir():
        raise BundleError(f"there is no bundle at {folder}: give the folder that holds {_INDEX}, or reinstall lowcost")
    try:
        return (folder / _INDEX).read_bytes()
    except FileNotFoundError as error:
        raise BundleError(f"{folder} is no bundle: it holds no {_INDEX}; give the folder that does") from error
    except OSError as error:
        raise BundleError(f"{folder / _INDEX} cannot be read: {error.strerror}") from error


def _parsed(raw: bytes, folder: Path) -> dict[str, Any]:
    """The index as a dict whose four entries have their types."""
    try:
        index = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{folder / _INDEX} is damaged or cut short: {_RESTORE}") from error
    version = index.get("format") if isinstance(index, dict) else None
    if type(version) is not int:
        raise BundleError(f"{folder / _INDEX} states no format version: {_RESTORE}")
    if version != FORMAT:
        advice = "upgrade lowcost" if version > FORMAT else "use a newer bundle"
        raise BundleError(f"bundle {folder} has format {version}, this version of lowcost reads {FORMAT}: {advice}")
    expected = {"name": str, "version": str, "parameters": dict[str, Any], "files": dict[str, str]}
    for key, kind in expected.items():
        if key not in index:
            raise BundleError(f"{folder / _INDEX} has no {key!r}: {_RESTORE}")
        index[key] = _typed(index[key], kind, f"{folder / _INDEX}: {key}")
    return dict(index)


def _check_seal(raw: bytes, seal: Any, folder: Path) -> None:
    """Refuse an index that is not as it was sealed: the seal is its SHA-256 with zeros in the seal's own place."""
    sealed = isinstance(seal, str) and len(seal) == len(_NO_SEAL)
    if not sealed or hashlib.sha256(_with_last(raw, seal, _NO_SEAL)).hexdigest() != seal:
        raise BundleError(
            f"{folder / _INDEX} was changed since the bundle was sealed: {_RESTORE}, or, if the change is yours, "
            "seal it with lowcost.bundle.seal"
        )


def _with_last(raw: bytes, old: str, new: str) -> bytes:
    """`raw` with the last `old` replaced."""
    before, found, after = raw.rpartition(old.encode())
    return before + new.encode() + after if found else raw


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _checked_bytes(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    is_name = not any(each in "\\\0" or "\ud800" <= each <= "\udfff" for each in name)  # half a letter is none
    if not is_name or not path.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"bundle {folder} lists {name!r}, which lies outside its folder: do not trust this bundle")
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BundleError(f"bundle {folder} lacks its file {name!r}: {_RESTORE}") from error
    except OSError as error:
        raise BundleError(f"file {name!r} of bundle {folder} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleError(
            f"file {name!r} of bundle {folder} is not the one that was sealed (its SHA-256 differs): {_RESTORE}"
        )
    return content


def _typed(value: Any, kind: Any, where: str) -> Any:
    """`value`, as JSON gave it, as an instance of the annotation `kind`; `where` leads the error."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        others = [argument for argument in arguments if argument is not type(None)]
        return None if value is None and len(others) < len(arguments) else _typed(value, others[0], where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        return _dataclass(value, kind, where)
    if origin is tuple and isinstance(value, list):
        if arguments[-1] is Ellipsis:
            arguments = (arguments[0],) * len(value)
        if len(value) != len(arguments):
            raise BundleError(f"{where} has {len(value)} values, expected {len(arguments)}: {_RESTORE}")
        pairs = zip(value, arguments, strict=True)
        return tuple(_typed(item, argument, f"{where}[{i}]") for i, (item, argument) in enumerate(pairs))
    if origin is dict and isinstance(value, dict):
        return {key: _typed(item, arguments[1], f"{where}.{key}") for key, item in value.items()}
    if kind is float and type(value) in (int, float):
        number = _double(value)
        if number is not None:
            return number
    elif type(value) is kind:
        return value
    name = "a list" if origin is tuple else "a table" if origin is dict or dataclasses.is_dataclass(kind) else kind
    expected = name if isinstance(name, str) else name.__name__
    raise BundleError(f"{where} is {json.dumps(value)[:40]}, expected {expected}: {_RESTORE}")


def _double(number: float) -> float | None:
    """A JSON number as a double; None where it is beyond all of them."""
    try:
        return float(number) if math.isfinite(number) else None
    except OverflowError:
        return None


def _dataclass(value: dict[str, Any], kind: type, where: str) -> Any:
    hints = typing.get_type_hints(kind)
    fields = {entry.name: entry for entry in dataclasses.fields(kind)}
    for key in value:
        if key not in fields:
            raise BundleError(f"{where}.{key} is not known to this version of lowcost: use the bundle made for it")
    required = (name for name, entry in fields.items() if entry.default is entry.default_factory is dataclasses.MISSING)
    for name in required:
        if name not in value:
            raise BundleError(f"{where}.{name} is missing: use a bundle made for this version of lowcost")
    return kind(**{key: _typed(item, hints[key], f"{where}.{key}") for key, item in value.items()})
