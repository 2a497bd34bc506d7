"""The definition file of a study's data sets as Define-XML 2.1."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.trial.adam import Specification
from mitograft.trial.dataset import Datasets
from mitograft.trial.define.adam_content import adam_content
from mitograft.trial.define.content import Content, Standard
from mitograft.trial.define.document import Heading, encode_define
from mitograft.trial.define.sdtm_content import sdtm_content
from mitograft.trial.formats.dataset_json import FIXED_TIME
from mitograft.trial.protocol import Protocol

__all__ = ["DefineOptions", "define_content", "define_xml"]

_KINDS = {"measured": "", "published": " (published data, re-analysed)", "simulated": " (SIMULATED DATA)"}


@dataclass(frozen=True, slots=True)
class DefineOptions:
    """What a definition file may say besides its data sets.

    Parameters
    ----------
    terminology
        Date of CDISC's controlled terminology; its lists carry no reference where none is named.
    documents
        File names of further documents, with titles.
    created
        ISO 8601 time of creation; fixed, so that the same data give the same bytes.
    """

    terminology: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    created: str = FIXED_TIME


def define_content(
    datasets: Datasets, standard: Standard = "ADaM", specification: Specification | None = None
) -> Content:
    """Return what the definition file says, before any markup.

    Raises
    ------
    UsageError
        If there is no data set, or the standard is unknown.
    """
    if standard not in {"ADaM", "SDTM"} or not datasets:
        raise UsageError(
            f"Definition file: found the standard {standard!r} and {len(datasets)} data sets; expected "
            "ADaM or SDTM, and one data set or more."
        )
    return sdtm_content(datasets) if standard == "SDTM" else adam_content(datasets, specification)


def define_xml(
    datasets: Datasets,
    protocol: Protocol,
    standard: Standard = "ADaM",
    *,
    specification: Specification | None = None,
    data_kind: DataKind = "measured",
    options: DefineOptions | None = None,
) -> bytes:
    """Return a definition file in Define-XML 2.1.

    Data sets with class, structure and keys; variables with type, greatest length found, code list, origin
    and method; definitions by parameter (analysis values), by test (collected results) and by name
    (supplemental qualifiers); code lists with the values that occur; the transport file of each data set.

    Parameters
    ----------
    datasets
        In the order of the file.
    protocol
        Names the study.
    standard
        ``ADaM`` (described by the specification) or ``SDTM`` (by the definitions of ``trial.sdtm``).
    specification
        Of the analysis data sets; default the one shipped.
    data_kind
        Simulated data are called so in the description of the study.
    options
        Date of the controlled terminology, further documents, time of creation.

    Raises
    ------
    UsageError
        If there is no data set, or the standard is unknown.

    Notes
    -----
    The file follows the schema; whether it meets what an authority asks is for the sponsor to judge.
    """
    from mitograft import __version__

    content = define_content(datasets, standard, specification)
    description = f"{standard} data sets of study {protocol.study}{_KINDS[data_kind]}."
    asked = options or DefineOptions()
    heading = Heading(
        protocol.study, description, asked.created, __version__, asked.terminology, asked.documents
    )
    return encode_define(content, heading)
