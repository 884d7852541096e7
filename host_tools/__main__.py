"""`python -m host_tools` is the `cutpoint` command."""

from host_tools.cli import main

main()
