"""The assets of the pages, built on demand."""

import subprocess
import sys

from comity.cli.surroundings import child_environment
from comity.platform.home import REPOSITORY, Report, SetupError
from comity.platform.postgres_cluster import last_lines


def build_assets(report: Report) -> None:
    """Build them if anything that they are made of has changed. Raises SetupError with the builder's words.

    The builder stands beside the pages; one door does not import another, so it runs as a program.
    """
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "comity.web.build"],
        cwd=REPOSITORY,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as builder:
        words = []
        for line in builder.stdout or ():
            words.append(line)
            report(line.rstrip())
    if builder.returncode != 0:
        raise SetupError(f"The assets could not be built: {last_lines(''.join(words))}")
