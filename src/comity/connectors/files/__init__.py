"""Files of other systems: a mapping and an export in, typed rows and rejects out. No database, no Django."""

from comity.connectors.files.errors import FileRefused, ImportRefused, MappingInvalid, TooManyRejects
from comity.connectors.files.export import Export, open_export
from comity.connectors.files.mapping import Mapping, load_mapping, parse_mapping, shipped_mappings
from comity.connectors.files.outline import NAME as OUTLINE
from comity.connectors.files.outline import outline
from comity.connectors.files.preview import Guess, Preview, guess_mapping, preview
from comity.connectors.files.reading import FileCount, Reading, RowBatch
from comity.connectors.files.reject_files import write_rejects
from comity.connectors.files.rejects import FileHeader, Reject, RejectBatch, RejectsFile, safe_cell
from comity.connectors.files.samples import Sample, read_samples
from comity.connectors.files.targets import TARGETS, Target
from comity.connectors.files.toml_text import write_toml

__all__ = [
    "OUTLINE",
    "TARGETS",
    "Export",
    "FileCount",
    "FileHeader",
    "FileRefused",
    "Guess",
    "ImportRefused",
    "Mapping",
    "MappingInvalid",
    "Preview",
    "Reading",
    "Reject",
    "RejectBatch",
    "RejectsFile",
    "RowBatch",
    "Sample",
    "Target",
    "TooManyRejects",
    "guess_mapping",
    "load_mapping",
    "open_export",
    "outline",
    "parse_mapping",
    "preview",
    "read_samples",
    "safe_cell",
    "shipped_mappings",
    "write_rejects",
    "write_toml",
]
