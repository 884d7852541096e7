"""Codes tensors.txt with codec.tables: of each line of a setting and tensors in hex, the coded tensors in hex."""

from cutpoint.lowbit import Tables
from cutpoint.tensor import INT8, Tensor


def main():
    with open("tensors.txt") as file:
        tables = Tables("codec.tables", bytes.fromhex(file.readline().strip()))
        for line in file:
            setting, *data = line.split()
            tensors = [Tensor(place, INT8, bytes.fromhex(one)) for place, one in enumerate(data)]
            for tensor in tables.made(int(setting), tensors):
                print(bytes(tensor.made).hex())


main()
