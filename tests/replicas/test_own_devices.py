"""What a replica keeps of the devices of all replicas."""

from __future__ import annotations

from cutpoint.wire import DeviceId, Leaf
from edge_server.gateway import Arrival
from edge_server.gateway.mqtt.own_devices import OwnDevices

CAM = DeviceId("cam")


def _said(leaf: Leaf, payload: bytes) -> Arrival:
    return Arrival(CAM, leaf, payload, 1)


def test_a_device_is_introduced_by_what_it_said_last() -> None:
    devices = OwnDevices(4)
    for payload in (b"first", b"second"):
        assert devices.sift(_said(Leaf.ABOUT, payload)) == [], "it is another replica's"
    devices.add([CAM])
    assert devices.sift(_said(Leaf.ACT, b"x")) == [_said(Leaf.ABOUT, b"second"), _said(Leaf.ACT, b"x")]


def test_what_is_too_long_to_be_said_of_itself_is_not_kept() -> None:
    devices = OwnDevices(4)
    devices.sift(_said(Leaf.ABOUT, bytes(4 << 20)))
    devices.add([CAM])
    assert devices.sift(_said(Leaf.ACT, b"x")) == [_said(Leaf.ACT, b"x")]
