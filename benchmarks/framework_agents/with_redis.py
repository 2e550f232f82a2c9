"""Redis: what is remembered, and what is read again."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from ground import noted, serve

TURN = b"x" * 100_000

with tempfile.TemporaryDirectory() as folder:
    where = str(Path(folder) / "socket")
    server = subprocess.Popen(
        [os.environ["REDIS_SERVER"], "--port", "0", "--unixsocket", where, "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    store = redis.Redis(unix_socket_path=where)
    while not Path(where).exists():
        time.sleep(0.05)

    def ask(_question):
        with noted("memory_write"):
            for number in range(500):
                store.set(f"turn:{number}", TURN)
        with noted("memory_read"):
            for number in range(500):
                store.get(f"turn:{number}")

    serve(ask)
    server.terminate()
    server.wait()
