"""A board's program on a PC: asks with each picture of a file. Arguments: settings, pictures, boots."""

import json
import sys
import time

from cutpoint import Device, Settings, count_boot

settings_path, pictures_path, boots_path = sys.argv[1:4]
device = Device(Settings.load(settings_path), count_boot(boots_path))
give_up = time.monotonic() + 20
while not device.session.connected and time.monotonic() < give_up:
    device.poll()
    time.sleep(0.05)
with open(pictures_path, "rb") as file:
    pictures = file.read()
size = len(device.input())
for at in range(0, len(pictures), size):
    device.input()[:] = pictures[at : at + size]
    answer = device.infer()
    records = [[index, dtype, data.hex()] for index, dtype, data in answer.records]
    print(json.dumps([answer.by, answer.reason, answer.cut, records]), flush=True)
    if at == 0:
        time.sleep(0.5)  # the first plan arrives
device.close()
