"""A fleet in a terminal: what a server's web says, fetched and drawn again and again."""

from host_tools.top.fetch import FetchError, Fleet, FleetAddress, fetch
from host_tools.top.keys import Keys
from host_tools.top.screen import Shown, rows_that_fit, screen

__all__ = ["FetchError", "Fleet", "FleetAddress", "Keys", "Shown", "fetch", "rows_that_fit", "screen"]
