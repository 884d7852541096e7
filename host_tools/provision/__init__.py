"""A board's settings: gathered, checked by the firmware's own schema, made into NVS images, or sent over Improv."""

from host_tools.provision.batch import Order, counted, from_csv
from host_tools.provision.improv_client import ImprovClient, Joined
from host_tools.provision.keys import key_text
from host_tools.provision.nvs_image import DEFAULT_BYTES, Entry, nvs_image
from host_tools.provision.questions import ask_for_missing
from host_tools.provision.settings import SCHEMA, Settings, gather
from host_tools.provision.sources import (
    Given,
    from_environment,
    from_pairs,
    from_toml,
    readable_by_others,
    resolve,
)

__all__ = [
    "DEFAULT_BYTES",
    "SCHEMA",
    "Entry",
    "Given",
    "ImprovClient",
    "Joined",
    "Order",
    "Settings",
    "ask_for_missing",
    "counted",
    "from_csv",
    "from_environment",
    "from_pairs",
    "from_toml",
    "gather",
    "key_text",
    "nvs_image",
    "readable_by_others",
    "resolve",
]
