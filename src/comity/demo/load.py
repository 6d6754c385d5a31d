"""The whole demo: two vendors, and on wish the public data sets."""

from __future__ import annotations

from pathlib import Path

from comity.demo import lucerne, northwind, samples
from comity.demo.loading import Report, SignIn


def load_demo(*, report: Report, data: Path | None = None) -> list[SignIn]:
    """Load what is not there yet; loading twice changes nothing. Returns who may sign in, the most wanted first.

    `data` is a folder with the sets `adventureworks` and `crm-sales`. Raises SampleMissing.
    """
    northwind.load_northwind(report)
    lucerne.load_lucerne(report)
    if data is not None:
        samples.load_samples(data, report)
    return [*northwind.SIGN_INS, *lucerne.SIGN_INS, *samples.sign_ins()]
