"""Plays the link of a remote host: passes TCP connections on to a Unix socket, at so many bytes a second each way."""

import argparse
import socket
import threading
import time

CHUNK = 16384


class Direction:
    """All connections share what goes one way."""

    def __init__(self, rate):
        self.rate = rate
        self.lock = threading.Lock()
        self.free_at = 0.0

    def wait(self, size):
        with self.lock:
            now = time.monotonic()
            self.free_at = max(self.free_at, now) + size / self.rate
            pause = self.free_at - now
        # What a sleep takes too long is made up for by the next, as in a link's own queue.
        if pause > 0.002:
            time.sleep(pause)


def pump(source, sink, direction):
    try:
        while data := source.recv(CHUNK):
            direction.wait(len(data))
            sink.sendall(data)
    except OSError:
        pass
    for each in (source, sink):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--rate", type=float, required=True)
    options = parser.parse_args()
    inwards, outwards = Direction(options.rate), Direction(options.rate)
    listener = socket.create_server(("127.0.0.1", options.listen))
    print("listening", flush=True)
    while True:
        near, _ = listener.accept()
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far = socket.socket(socket.AF_UNIX)
        far.connect(options.to)
        # A link has no room for megabytes in flight: what is sent must soon be through.
        for each in (near, far):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        for source, sink, direction in ((near, far, inwards), (far, near, outwards)):
            threading.Thread(target=pump, args=(source, sink, direction), daemon=True).start()


main()
