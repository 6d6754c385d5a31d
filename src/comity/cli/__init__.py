"""The commands of `./comity`. Each is a module with `add_arguments(parser)` and `run(options) -> exit status`."""

from comity.cli.entry import main

__all__ = ["main"]
