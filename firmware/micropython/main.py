"""An example for a board that has its Wi-Fi up: one picture a second, of whatever fills the input."""

import time

from cutpoint import Device, Settings, count_boot

device = Device(Settings.load(), count_boot())
picture = device.input()
while True:
    # Fill `picture` here: for an int8 network every byte of RGB888 minus 128, `picture[i] = (pixel - 128) & 255`.
    answer = device.infer()
    print(answer.sequence, answer.by, answer.reason, answer.records)
    time.sleep(1)
