"""Heap that one inference takes, beside what a device holds for good; MicroPython only. Prints "name bytes"."""

import gc

gc.collect()
START = gc.mem_alloc()

from cutpoint.device import Device  # noqa: E402
from cutpoint.settings import Settings  # noqa: E402


class Clock:
    now = 0

    def now_us(self):
        self.now += 1
        return self.now

    def sleep_ms(self, ms):
        self.now += ms * 1000


class Nowhere:
    """Takes everything, answers nothing."""

    connected = False

    def __init__(self, settings, clock, will):
        pass

    def poll(self):
        fresh, self.connected = not self.connected, True
        return fresh

    def publish(self, leaf, payload, qos=0, retain=False):
        return True

    def received(self):
        return None


def measure(name, size, codec):
    gc.collect()
    before = gc.mem_alloc()
    settings = Settings("cam-1", "broker", "c0ffee42", 4, [[0, 1, size, 0]], deadline_ms=1)
    device = Device(settings, 1, None, Nowhere, Clock())
    gc.collect()
    print("held: " + name + ":", gc.mem_alloc() - before)
    device.session.plan.codec = codec
    device.infer()
    device.session.isolation.answered()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    device.infer()
    print("inference: " + name + ":", gc.mem_alloc() - before)
    gc.enable()


gc.collect()
print("package:", gc.mem_alloc() - START)
for size in (2304, 27648):
    measure(f"raw {size}", size, 0)
    measure(f"bitmap {size}", size, 1)
