"""The networks that this room makes, by name."""

from __future__ import annotations

from models.tiny.ds_cnn import DS_CNN
from models.tiny.mobilenet_v1 import MOBILENET_V1
from models.tiny.resnet8 import RESNET8

NETWORKS = {network.name: network for network in (DS_CNN, RESNET8, MOBILENET_V1)}
