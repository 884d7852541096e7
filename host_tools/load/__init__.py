"""Load and fault rig: thousands of light devices, open-loop arrivals, faults, and the invariant held from both ends.

Modules: `run` carries a `LoadPlan` out, `scenario` says what goes wrong when, `report` what came of it.
"""
