"""When a service of the sample ends: when told to, and with whoever started it."""

import os
import signal
import sys
import threading


def end_when_told(*, with_input: bool) -> None:
    """
    SIGTERM ends this process in good order; so does the end of standard input, where asked.

    Whoever holds the other end of standard input takes the service along when it dies.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if with_input:
        threading.Thread(target=_end_with_input, name="input", daemon=True).start()


def _end_with_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
