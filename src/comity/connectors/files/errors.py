"""The expected failures of reading an export: each sentence says what happened, to what, and what to do."""

from comity.kernel.errors import Invalid
from comity.kernel.words import words


class ImportRefused(Invalid):
    """Nothing of this export can be read as it stands."""

    code, title = "import_refused", words("This cannot be imported")


class FileRefused(ImportRefused):
    """One file of the export cannot be read. Details: `file`, and `line` where one is to blame."""

    code, title = "file_refused", words("This file cannot be imported")


class MappingInvalid(ImportRefused):
    """A mapping says something that cannot be followed. Details: `mapping`, `key`."""

    code, title = "mapping_invalid", words("This mapping cannot be used")


class TooManyRejects(ImportRefused):
    """So many rows are bad that the mapping, not the rows, is likely at fault. Details: `rejected`, `read`."""

    code, title = "too_many_rejects", words("Too many rows are bad")
