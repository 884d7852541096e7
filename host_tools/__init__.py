"""The tools that run on a PC: the `cutpoint` command, and a whole device in software."""
