"""Write what a definition file says as Define-XML 2.1, through the model of odmlib.

Source: CDISC, Define-XML Specification 2.1 (2019), elements and their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mitograft.trial.define.content import CodelistContent, Content, DatasetContent, ItemContent
from mitograft.trial.define.names import Names, safe_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Heading", "encode_define"]

_NAMESPACES = {
    "xmlns": "http://www.cdisc.org/ns/odm/v1.3",
    "xmlns:def": "http://www.cdisc.org/ns/def/v2.1",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
}
_STANDARDS = {"ADaM": ("ADaMIG", "1.3"), "SDTM": ("SDTMIG", "3.4")}
_IG, _CT = "STD.IG", "STD.CT"
_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the definitions.

    Parameters
    ----------
    study, description
        Name of the study and what the file holds.
    created
        ISO 8601 time of creation.
    version
        Version of the software.
    terminology
        Date of the controlled terminology (its publishing version); None where none was named.
    documents
        File names of further documents, with titles.
    """

    study: str
    description: str
    created: str
    version: str
    terminology: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)


def encode_define(content: Content, heading: Heading) -> bytes:
    """Return the definition file; the same content gives the same bytes."""
    from xml.etree import ElementTree as ET

    tree = _Writer(content, heading).document().to_xml()
    for name, uri in _NAMESPACES.items():
        tree.set(name, uri)
    _clean(tree)
    ET.indent(tree, " ")
    written: bytes = ET.tostring(tree, encoding="utf-8")
    return _DECLARATION + written + b"\n"


def _clean(tree: "Element") -> None:
    """Drop what odmlib wrote of namespaces itself, and what XML cannot hold."""
    for node in tree.iter():
        if node.text:
            node.text = safe_text(node.text)
        for key, value in node.attrib.items():
            node.set(key, safe_text(value))


class _Writer:
    """Builds the elements, and remembers the definitions that references asked for."""

    def __init__(self, content: Content, heading: Heading) -> None:
        import odmlib.define_2_1.model as model

        self.model: Any = model
        self.content, self.heading = content, heading
        self.names = Names()
        self.items: list[Any] = []
        self.methods: dict[str, Any] = {}
        self.comments: list[Any] = []
        self.lists: list[Any] = []
        self.conditions: dict[str, Any] = {}

    def document(self) -> Any:
        """Return the root with everything below it."""
        model, heading = self.model, self.heading
        kind, study = self.content.standard, heading.study
        root = model.ODM(
            FileType="Snapshot",
            FileOID=self.names("DEF", study, kind),
            CreationDateTime=heading.created,
            ODMVersion="1.3.2",
            Originator="mitograft",
            SourceSystem="mitograft",
            SourceSystemVersion=heading.version,
            Context="Other",
        )
        root.Study = model.Study(OID=self.names("STUDY", study))
        root.Study.GlobalVariables = model.GlobalVariables(
            StudyName=model.StudyName(_content=study),
            StudyDescription=model.StudyDescription(_content=heading.description),
            ProtocolName=model.ProtocolName(_content=study),
        )
        root.Study.MetaDataVersion = self._version()
        return root

    def _version(self) -> Any:
        model, kind = self.model, self.content.standard
        version = model.MetaDataVersion(
            OID=self.names("MDV", self.heading.study, kind),
            Name=f"Study {self.heading.study}, {kind} data definitions",
            DefineVersion="2.1.0",
        )
        version.Standards = model.Standards(Standard=self._standards())
        groups = [self._dataset(dataset) for dataset in self.content.datasets]
        if self.heading.documents:
            refs = [model.DocumentRef(leafID=self.names("LF", name)) for name in self.heading.documents]
            version.SupplementalDoc = model.SupplementalDoc(DocumentRef=refs)
        version.ValueListDef = self.lists
        version.WhereClauseDef = list(self.conditions.values())
        version.ItemGroupDef = groups
        version.ItemDef = self.items
        version.CodeList = [self._codelist(codelist) for codelist in self.content.codelists.values()]
        version.MethodDef = list(self.methods.values())
        version.CommentDef = self.comments
        version.leaf = [self._leaf(name, title) for name, title in self.heading.documents.items()]
        return version

    def _standards(self) -> list[Any]:
        name, version = _STANDARDS[self.content.standard]
        standards = [self.model.Standard(OID=_IG, Name=name, Type="IG", Version=version, Status="Final")]
        if self.heading.terminology:
            terms = {"Name": "CDISC/NCI", "Type": "CT", "Version": self.heading.terminology}
            publishing = {"PublishingSet": self.content.standard, "Status": "Final"}
            standards.append(self.model.Standard(OID=_CT, **terms, **publishing))
        return standards

    def _words(self, text: str) -> Any:
        translated = self.model.TranslatedText(_content=text, lang="en")
        return self.model.Description(TranslatedText=[translated])

    def _leaf(self, name: str, title: str) -> Any:
        return self.model.leaf(ID=self.names("LF", name), href=name, title=self.model.title(_content=title))

    def _dataset(self, dataset: DatasetContent) -> Any:
        file = f"{dataset.name.lower()}.xpt"
        extra = {"StandardOID": _IG} if dataset.known else {"IsNonStandard": "Yes"}
        extra |= {"HasNoData": "Yes"} if not dataset.records else {}
        if dataset.comment:
            extra["CommentOID"] = self._comment(dataset)
        group = self.model.ItemGroupDef(
            OID=self.names("IG", dataset.name),
            Name=dataset.name,
            Repeating="No" if sum(bool(item.key) for item in dataset.items) <= 2 else "Yes",
            IsReferenceData="Yes" if dataset.reference else "No",
            SASDatasetName=dataset.name,
            Domain=dataset.name,
            Purpose="Analysis" if self.content.standard == "ADaM" else "Tabulation",
            Structure=dataset.structure,
            ArchiveLocationID=self.names("LF", file),
            **extra,
        )
        group.Description = self._words(dataset.label or dataset.name)
        group.ItemRef = [self._item(dataset.name, item, n) for n, item in enumerate(dataset.items, 1)]
        group.Class = self.model.Class(Name=dataset.kind)
        group.leaf = self._leaf(file, file)
        return group

    def _comment(self, dataset: DatasetContent) -> str:
        oid = self.names("COM", dataset.name)
        self.comments.append(self.model.CommentDef(OID=oid, Description=self._words(dataset.comment)))
        return oid

    def _item(self, dataset: str, item: ItemContent, order: int) -> Any:
        place = (dataset, item.name)
        definition = self._define(item, *place)
        if item.codelist:
            codelist = self.names("CL", item.codelist)
            definition.CodeListRef = self.model.CodeListRef(CodeListOID=codelist)
        if item.values:
            oid = self._value_list(item, *place)
            definition.ValueListRef = self.model.ValueListRef(ValueListOID=oid)
        extra: dict[str, Any] = {"KeySequence": item.key} if item.key else {}
        extra |= {"Role": item.role} if item.role else {}
        extra |= {"HasNoData": "Yes"} if item.empty else {}
        return self._reference(item, order, extra, *place)

    def _reference(self, item: ItemContent, order: int, extra: dict[str, Any], *place: str) -> Any:
        if item.origin.method:
            extra = extra | {"MethodOID": self._method(item, *place)}
        return self.model.ItemRef(
            ItemOID=self.names("IT", *place),
            OrderNumber=order,
            Mandatory="Yes" if item.mandatory else "No",
            **extra,
        )

    def _define(self, item: ItemContent, *place: str) -> Any:
        """Make the definition of a variable, or of its value under a condition."""
        extra: dict[str, Any] = {"Length": item.length} if item.length else {}
        extra |= {"SignificantDigits": item.digits} if item.digits is not None else {}
        extra |= {"DisplayFormat": item.format} if item.format else {}
        definition = self.model.ItemDef(
            OID=self.names("IT", *place),
            Name=item.name,
            DataType=item.type,
            SASFieldName=item.name,
            **extra,
        )
        definition.Description = self._words(item.label or item.name)
        definition.Origin = [self._origin(item)]
        self.items.append(definition)
        return definition

    def _origin(self, item: ItemContent) -> Any:
        given = {"Source": item.origin.source} if item.origin.source else {}
        origin = self.model.Origin(Type=item.origin.type, **given)
        if item.origin.predecessor:
            origin.Description = self._words(item.origin.predecessor)
        return origin

    def _method(self, item: ItemContent, *place: str) -> str:
        oid = self.names("MT", *place)
        self.methods[oid] = self.model.MethodDef(
            OID=oid,
            Name=f"Derivation of {'.'.join(place)}",
            Type="Computation",
            Description=self._words(item.origin.method),
        )
        return oid

    def _value_list(self, item: ItemContent, dataset: str, name: str) -> str:
        oid = self.names("VL", dataset, name)
        listed = self.model.ValueListDef(OID=oid)
        for order, value in enumerate(item.values, 1):
            place = (dataset, name, value.value)
            self._define(value.item, *place)
            reference = self._reference(value.item, order, {}, *place)
            condition = self._condition(dataset, value.variable, value.value)
            reference.WhereClauseRef = [self.model.WhereClauseRef(WhereClauseOID=condition)]
            listed.ItemRef.append(reference)
        self.lists.append(listed)
        return oid

    def _condition(self, dataset: str, variable: str, value: str) -> str:
        oid = self.names("WC", dataset, variable, value)
        check = self.model.RangeCheck(
            Comparator="EQ", SoftHard="Soft", ItemOID=self.names("IT", dataset, variable)
        )
        check.CheckValue = [self.model.CheckValue(_content=value)]
        self.conditions[oid] = self.model.WhereClauseDef(OID=oid, RangeCheck=[check])
        return oid

    def _codelist(self, codelist: CodelistContent) -> Any:
        public = codelist.public and self.heading.terminology
        extra = {"StandardOID": _CT} if public else {} if codelist.public else {"IsNonStandard": "Yes"}
        listed = self.model.CodeList(
            OID=self.names("CL", codelist.name), Name=codelist.label, DataType="text", **extra
        )
        decoded = any(term.decode for term in codelist.terms)
        for order, term in enumerate(codelist.terms, 1):
            given: dict[str, Any] = {"CodedValue": term.value, "OrderNumber": order}
            given |= {"ExtendedValue": "Yes"} if term.extended else {}
            if decoded:
                words = self.model.TranslatedText(_content=term.decode or term.value, lang="en")
                decode = self.model.Decode(TranslatedText=[words])
                listed.CodeListItem.append(self.model.CodeListItem(**given, Decode=decode))
            else:
                listed.EnumeratedItem.append(self.model.EnumeratedItem(**given))
        return listed
