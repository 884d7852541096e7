"""The `cutpoint` command line."""

import signal
import sys
from types import FrameType

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def main() -> None:
    """Run the command line; SIGINT and SIGTERM end it in order, at whatever moment they come.

    The commands are imported here and not at the top, since that takes a good part of a second in which Ctrl-C would
    end in a traceback.
    """
    interrupted = False

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, _terminated),
        signal.SIGINT: signal.signal(signal.SIGINT, interrupt),
    }
    try:
        from host_tools.cli.app import run

        run()
    except KeyboardInterrupt:
        _stopped()
    except Exception:
        # A native module that is interrupted while it is imported raises an ImportError of its own.
        if not interrupted:
            raise
        _stopped()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stopped() -> None:
    print("stopped", file=sys.stderr)
    sys.exit(EXIT_INTERRUPTED)


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    """Unwind as Ctrl-C does, so that a device says that it sleeps and sockets are closed."""
    sys.exit(EXIT_TERMINATED)
