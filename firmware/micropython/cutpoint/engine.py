"""What computes operators. Without one of your own a board sends its input: cut 0."""

from cutpoint.tensor import Tensor


class Engine:
    """The interface that `Device` uses; derive from it, or offer the same four things.

    `operators`: K, how many of the network's operators this engine can run, from the first on.
    """

    operators = 0

    def input(self, index):
        """Where the next picture goes: a writable bytes-like, input `index` of the network, quantised."""
        raise NotImplementedError

    def run(self, first, last, operators_us):
        """Run operators [first, last) and write the microseconds of each to `operators_us[first:last]`.

        `first` is 0 or where the last run ended. Raise anything when an operator fails.
        """
        raise NotImplementedError

    def live(self, cut):
        """The tensors alive at `cut`, where the last run ended, as a list of `Tensor`.

        In ascending index; at cut 0 the network's inputs and at cut N its outputs, in the network's order
        (`cutpoint cuts MODEL` lists them). Their data must stay until the next run or the next write to the input.
        """
        raise NotImplementedError


class InputEngine(Engine):
    """No operators: holds the network's inputs, which travel as they are. One bytearray each, made here once."""

    def __init__(self, inputs):
        """`inputs`: (tensor index, dtype number, bytes, zero point) of each, as in the settings."""
        self._tensors = [Tensor(index, dtype, bytearray(size), fill) for index, dtype, size, fill in inputs]

    def input(self, index):
        """The bytearray."""
        return self._tensors[index].data

    def run(self, first, last, operators_us):
        """Only [0, 0)."""
        if last:
            raise ValueError("there is no engine on board: only cut 0 can be served")

    def live(self, cut):
        """The inputs."""
        return self._tensors
