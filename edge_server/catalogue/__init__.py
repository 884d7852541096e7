"""The bundles on offer, and what each expects at every cut."""
