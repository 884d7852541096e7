"""Building the firmware with PlatformIO or ESP-IDF, and finding what was built."""

from host_tools.toolchain.build import BuildTool, build_command, find_idf, find_pio, run_build
from host_tools.toolchain.environments import Environment, environments, find_environment
from host_tools.toolchain.found import find_build
from host_tools.toolchain.source_tree import source_tree

__all__ = [
    "BuildTool",
    "Environment",
    "build_command",
    "environments",
    "find_build",
    "find_environment",
    "find_idf",
    "find_pio",
    "run_build",
    "source_tree",
]
