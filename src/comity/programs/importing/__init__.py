"""Managers, partners, hand-overs and quotas of an export, written set-based from staged rows.

The staged tables are `import_manager`, `import_partner`, `import_assignment` and `import_quota`, with the fields of the
import's vocabulary as columns; `fed` says which of them the export speaks of. `known_manager` and `known_partner` are
made here, for whoever refers to them: key in the export, id.
"""

from comity.programs.importing.managers import (
    add_named_managers,
    import_assignments,
    import_managers,
    import_quotas,
    know_managers,
    unknown_quota_owners,
)
from comity.programs.importing.partners import import_partners, know_partners
from comity.programs.importing.target import ImportTarget, merge_rows

__all__ = [
    "ImportTarget",
    "add_named_managers",
    "import_assignments",
    "import_managers",
    "import_partners",
    "import_quotas",
    "know_managers",
    "know_partners",
    "merge_rows",
    "unknown_quota_owners",
]
