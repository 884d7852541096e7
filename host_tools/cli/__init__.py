"""The `cutpoint` command line."""

from host_tools.cli.app import main

__all__ = ["main"]
