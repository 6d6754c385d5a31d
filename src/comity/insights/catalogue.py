"""All metrics, in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from comity.insights import concentration, leads, partners, pipeline, registrations, revenue, team
from comity.insights.metric import Metric
from comity.kernel.errors import NotFound
from comity.kernel.words import words

GROUPS: Final[dict[str, tuple[Metric, ...]]] = {
    words("Pipeline"): pipeline.METRICS,
    words("Revenue"): revenue.METRICS,
    words("Registrations and leads"): (*registrations.METRICS, *leads.METRICS),
    words("Partners"): (*partners.METRICS, *concentration.METRICS),
    words("Team"): team.METRICS,
}
METRICS: Final[dict[str, Metric]] = {metric.name: metric for group in GROUPS.values() for metric in group}


class UnknownMetric(NotFound):
    """No metric has this name. Detail: `name`."""

    code, title = "unknown_metric", words("There is no such metric")


def metric_named(name: str) -> Metric:
    """The metric of this name. Raises UnknownMetric."""
    if name not in METRICS:
        raise UnknownMetric(
            words("There is no metric “%(name)s”; there is: %(listed)s.", name=name, listed=tuple(METRICS)), name=name
        )
    return METRICS[name]


def metrics_named(names: Iterable[str]) -> list[Metric]:
    """The metrics of these names, each once; all without any. Raises UnknownMetric."""
    return [metric_named(name) for name in dict.fromkeys(names)] or list(METRICS.values())
