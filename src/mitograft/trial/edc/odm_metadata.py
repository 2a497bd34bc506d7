"""What the metadata of an ODM file says: forms, item groups, items and code lists."""

from collections.abc import Iterable, Mapping

from mitograft.trial.edc.forms import SITE, SUBJECT_FORM, FieldInfo

__all__ = ["Metadata"]


class Metadata:
    """Collected element by element; several versions of the metadata add up.

    ``redcap`` says that the file comes from REDCap, which puts ``Form.`` and ``Event.`` before its names.
    """

    def __init__(self) -> None:
        self.redcap = False
        self.forms: set[str] = set()
        self.repeating: set[str] = set()
        self._groups: dict[str, dict[str, None]] = {}
        self._form_groups: dict[str, dict[str, None]] = {}
        self._labels: dict[str, str] = {}
        self._code_list_of: dict[str, str] = {}
        self._code_lists: dict[str, dict[str, str]] = {}
        self._seen: dict[str, set[str]] = {}
        self._repeated: dict[str, set[str]] = {}
        self._form = self._group = self._item = self._list = self._code = self._words = ""

    def plain_form(self, oid: str) -> str:
        """Return the name of a form as mappings write it."""
        return oid.removeprefix("Form.") if self.redcap else oid

    def plain_event(self, oid: str) -> str:
        """Return the name of an event as mappings write it."""
        return oid.removeprefix("Event.") if self.redcap else oid

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Note the start of an element of the metadata."""
        oid = attributes.get("OID", "")
        if name == "FormDef":
            self._form = self.plain_form(oid)
            self.forms.add(self._form)
        elif name == "ItemGroupRef" and self._form:
            self._form_groups.setdefault(self._form, {})[attributes.get("ItemGroupOID", "")] = None
        elif name == "ItemGroupDef":
            self._group = oid
            if attributes.get("Repeating") == "Yes":
                self.repeating.add(oid)
        elif name == "ItemRef" and self._group:
            self._groups.setdefault(self._group, {})[attributes.get("ItemOID", "")] = None
        elif name == "ItemDef":
            self._item = oid
            self._labels.setdefault(oid, attributes.get("Name", ""))
        else:
            self._start_code_list(name, oid, attributes)

    def _start_code_list(self, name: str, oid: str, attributes: Mapping[str, str]) -> None:
        if name == "CodeListRef" and self._item:
            self._code_list_of[self._item] = attributes.get("CodeListOID", "")
        elif name == "CodeList":
            self._list = oid
            self._code_lists.setdefault(oid, {})
        elif name in ("CodeListItem", "EnumeratedItem") and self._list:
            self._code = attributes.get("CodedValue", "")
            self._code_lists[self._list].setdefault(self._code, "")
        elif name == "TranslatedText":
            self._words = ""

    def characters(self, text: str) -> None:
        """Note text between elements of the metadata."""
        if self._code:
            self._words += text

    def _end_words(self) -> None:
        """Keep the words of the code that is open; of several languages the first."""
        words = self._words.strip()
        if self._list and self._code and words and not self._code_lists[self._list][self._code]:
            self._code_lists[self._list][self._code] = words

    def end(self, name: str) -> None:
        """Note the end of an element of the metadata."""
        if name == "FormDef":
            self._form = ""
        elif name == "ItemGroupDef":
            self._group = ""
        elif name == "ItemDef":
            self._item = ""
        elif name == "CodeList":
            self._list = ""
        elif name in ("CodeListItem", "EnumeratedItem"):
            self._code = ""
        elif name == "TranslatedText":
            self._end_words()

    def seen(self, item: str, form: str) -> None:
        """Note that an item has a value in a form, defined there or not."""
        self._seen.setdefault(item, set()).add(form)
        self.forms.add(form)

    def repeats(self, group: str, form: str, items: Iterable[str]) -> None:
        """Note that an item group repeats in a form."""
        self.repeating.add(group)
        self._repeated.setdefault(form, set()).update(items)

    def fields(self) -> dict[str, FieldInfo]:
        """Return every item, defined or met."""
        forms: dict[str, set[str]] = {SITE: {SUBJECT_FORM}}
        for form, groups in self._form_groups.items():
            for group in groups:
                for item in self._groups.get(group, ()):
                    forms.setdefault(item, set()).add(form)
        for item, met in self._seen.items():
            forms.setdefault(item, set()).update(met)
        found = {
            item: FieldInfo(item, frozenset(places), self._labels.get(item, ""), self._choices(item))
            for item, places in forms.items()
        }
        bases = {item.partition("___")[0] for item in found if "___" in item} - set(found)
        return found | {base: _boxes_of(base, found) for base in sorted(bases)}

    def _choices(self, item: str) -> Mapping[str, str]:
        choices = self._code_lists.get(self._code_list_of.get(item, ""), {})
        return {code: words or code for code, words in choices.items()}

    def repeated(self) -> dict[str, frozenset[str]]:
        """Return by form the items of its repeating groups."""
        found = {form: set(items) for form, items in self._repeated.items()}
        for form, groups in self._form_groups.items():
            for group in groups:
                if group in self.repeating:
                    found.setdefault(form, set()).update(self._groups.get(group, ()))
        return {form: frozenset(items) for form, items in found.items()}


def _boxes_of(base: str, fields: Mapping[str, FieldInfo]) -> FieldInfo:
    forms = frozenset(
        form for name, info in fields.items() if name.startswith(f"{base}___") for form in info.forms
    )
    return FieldInfo(base, forms, boxes=True)
