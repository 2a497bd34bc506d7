"""An ODM-XML 1.3 file: metadata and clinical data, read as a stream.

A document type, and with it every entity, is refused. Elements outside the ODM name space (vendor extensions)
are passed over, and so are audit records, signatures and annotations. CDISC Operational Data Model 1.3.2,
section 3.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from mitograft.errors import EnvironmentFault, MitograftError, UsageError, Violation
from mitograft.tables.problems import refuse
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.forms import SITE, SUBJECT_FORM, FormRow, Forms
from mitograft.trial.edc.mapping import Export
from mitograft.trial.edc.odm_metadata import Metadata

__all__ = ["read_odm"]

_SPACE = "http://www.cdisc.org/ns/odm/v1."
_BLOCK = 1 << 16
_MOST_BYTES = 4_000_000_000
_Attributes = dict[str, str]


def read_odm(folder: Path, export: Export, complaints: Complaints) -> Forms:
    """Read an ODM file; what is wrong with its content goes to ``complaints``.

    Raises
    ------
    UsageError
        If there is no such file.
    InputError
        If it is no ODM 1.3 snapshot, is damaged, or declares a document type.
    EnvironmentFault
        If it cannot be read.
    """
    path = folder / export.file
    reader = _Reader(path.name, export, complaints)
    try:
        if path.stat().st_size > _MOST_BYTES:
            refuse(path.name, "too-large", f"more than {_MOST_BYTES / 1e9:g} GB", "a smaller file",
                   "Export by site or by period.")  # fmt: skip
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                reader.feed(block)
            reader.feed(b"", final=True)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise UsageError(f"{path}: no such file. Check 'file' of the mapping.") from None
    except OSError as fault:
        raise EnvironmentFault(f"{path}: the machine could not read this file ({fault.strerror}).") from None
    return reader.result()


class _Reader:
    """The state of one walk through a file."""

    def __init__(self, file: str, export: Export, complaints: Complaints) -> None:
        self.file, self.export, self.complaints = file, export, complaints
        self.metadata = Metadata()
        self.rows: list[FormRow] = []
        self.events: dict[str, tuple[str, int]] = {}
        self.subject = self.event = self.event_repeat = ""
        self.form: tuple[str, str, int] = ("", "", 0)
        self.groups: list[tuple[str, str, int, dict[str, str]]] = []
        self.item, self.text = "", ""
        self.started = False
        self.records = self.missing = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.starts: dict[str, Callable[[_Attributes], None]] = {
            "SubjectData": self._start_subject, "SiteRef": self._start_site,
            "StudyEventData": self._start_event, "FormData": self._start_form,
            "ItemGroupData": self._start_group, "ItemData": self._start_item,
        }  # fmt: skip

    def feed(self, block: bytes, *, final: bool = False) -> None:
        """Parse the next bytes."""
        try:
            self.parser.Parse(block, final)
        except MitograftError:
            raise
        except (expat.ExpatError, ValueError, LookupError):
            refuse(self.file, "damaged", "XML that breaks off or is not well-formed", "a whole ODM file",
                   "Export the file again.", row=self.parser.CurrentLineNumber)  # fmt: skip

    def result(self) -> Forms:
        """Return everything read."""
        fields, repeated = self.metadata.fields(), self.metadata.repeated()
        forms = frozenset(self.metadata.forms) | {SUBJECT_FORM}
        return Forms(fields, forms, self.events, tuple(self.rows), repeated, self.records, "", self.missing)

    def _refuse_doctype(self, *_: object) -> None:
        refuse(self.file, "entities", "a document type declaration (entities, external files)",
               "plain ODM-XML", "Remove the line <!DOCTYPE ...>, or export the file again.",
               row=self.parser.CurrentLineNumber)  # fmt: skip

    def _start(self, name: str, attributes: _Attributes) -> None:
        space, _, local = name.rpartition(" ")
        if not self.started:
            self._start_document(space, local, attributes)
        elif space and not space.startswith(_SPACE):
            return
        elif local in self.starts:
            self.starts[local](attributes)
        elif local.startswith("ItemData"):
            self._start_item(attributes)
        else:
            self.metadata.start(local, attributes)

    def _start_document(self, space: str, local: str, attributes: _Attributes) -> None:
        self.started = True
        version = attributes.get("ODMVersion", "1.3")
        if local != "ODM" or (space and not space.startswith(_SPACE)) or not version.startswith("1."):
            refuse(self.file, "no-odm", "XML that is no ODM of version 1.3", "an ODM-XML 1.3 file",
                   "Choose ODM 1.3 when exporting.", row=1)  # fmt: skip
        if attributes.get("FileType", "Snapshot") != "Snapshot":
            refuse(self.file, "transactional", "a file of changes (FileType is not Snapshot)",
                   "a snapshot of the data", "Export a snapshot.", row=1)  # fmt: skip
        self.metadata.redcap = "redcap" in attributes.get("SourceSystem", "").lower()

    def _key(self, attributes: _Attributes, name: str) -> str:
        value = attributes.get(name, "").strip()
        if not value:
            self._note(
                "missing-subject" if name == "SubjectKey" else "missing-key", name, "nothing", "a value"
            )
        return value

    def _note(self, rule: str, column: str, found: str, expected: str) -> None:
        line, remedy = self.parser.CurrentLineNumber, "Export the file again; do not edit it."
        self.complaints.add(Violation(rule, found, expected, remedy, self.file, line, column))

    def _start_subject(self, attributes: _Attributes) -> None:
        self.subject = self._key(attributes, "SubjectKey")

    def _start_site(self, attributes: _Attributes) -> None:
        site = attributes.get("LocationOID", "").strip()
        if site and self.subject and not self.event:
            line = self.parser.CurrentLineNumber
            self.rows.append(FormRow(self.subject, "", "", SUBJECT_FORM, "", self.file, line, {SITE: site}))

    def _start_event(self, attributes: _Attributes) -> None:
        self.event = self.metadata.plain_event(self._key(attributes, "StudyEventOID"))
        self.event_repeat = attributes.get("StudyEventRepeatKey", "")

    def _start_form(self, attributes: _Attributes) -> None:
        form = self.metadata.plain_form(self._key(attributes, "FormOID"))
        self.form = (form, attributes.get("FormRepeatKey", ""), self.parser.CurrentLineNumber)
        self.groups = []
        self.events.setdefault(self.event, (self.file, self.parser.CurrentLineNumber))

    def _start_group(self, attributes: _Attributes) -> None:
        oid, repeat = self._key(attributes, "ItemGroupOID"), attributes.get("ItemGroupRepeatKey", "")
        self.groups.append((oid, repeat, self.parser.CurrentLineNumber, {}))

    def _start_item(self, attributes: _Attributes) -> None:
        self.item, self.text = self._key(attributes, "ItemOID"), attributes.get("Value", "")
        if attributes.get("IsNull") == "Yes":
            self.item = ""

    def _characters(self, text: str) -> None:
        if self.item:
            self.text += text
        else:
            self.metadata.characters(text)

    def _end(self, name: str) -> None:
        space, _, local = name.rpartition(" ")
        if space and not space.startswith(_SPACE):
            return
        if local.startswith("ItemData"):
            self._end_item()
        elif local == "FormData":
            self._end_form()
        elif local == "StudyEventData":
            self.event = self.event_repeat = ""
        elif local == "SubjectData":
            self.subject = ""
        else:
            self.metadata.end(local)

    def _end_item(self) -> None:
        item, text = self.item, self.text.strip()
        self.item = self.text = ""
        if not item or not text or not self.groups or (text == "0" and "___" in item):
            return
        self.metadata.seen(item, self.form[0])
        if text in self.export.missing:
            self.missing += 1
            return
        values = self.groups[-1][3]
        if item in values:
            self._note("item-twice", item, "a second value in one item group", "one value")
        values[item] = text

    def _end_form(self) -> None:
        """Make one row of the item groups that stand once, and one of each repetition of the others."""
        form, repeat, line = self.form
        self.records += 1
        counts = Counter(oid for oid, *_ in self.groups)
        single: dict[str, str] = {}
        repeating = []
        for group in self.groups:
            if counts[group[0]] > 1 or group[0] in self.metadata.repeating:
                self.metadata.repeats(group[0], form, group[3])
                repeating.append(group)
            else:
                single |= group[3]
        place = (self.subject, self.event, self.event_repeat, form)
        header = FormRow(*place, repeat, self.file, line, single)
        if single:
            self.rows.append(header)
        for _, key, at, values in repeating:
            if values:
                self.rows.append(FormRow(*place, key or repeat, self.file, at, values, header))
