"""The demonstration: three virtual devices on three links, a broker and an edge server, in one process."""
