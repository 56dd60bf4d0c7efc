"""A network that misbehaves: a TCP relay on the loopback whose two directions can be cut, stalled and reset."""
import selectors
import socket
import struct
import threading
import time

UP, DOWN = "up", "down"  # from the client, to the client


class Proxy:
    def __init__(self, target_port):
        self.target_port, self.connections = target_port, 0
        self.silent, self.stall_s, self.refusing = set(), 0.0, False
        self._reset, self._closing = False, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self, *directions):
        """Bytes of these directions vanish from now on; the connections stay open, as when a cable is pulled."""
        self.silent = set(directions or (UP, DOWN))

    def heal(self):
        """What was cut is reset: the bytes that vanished cannot come again in the same connection."""
        was_cut, self.silent, self.stall_s, self.refusing = bool(self.silent), set(), 0.0, False
        if was_cut:
            self.reset()

    def reset(self):
        self._reset = True

    def close(self):
        self._closing = True
        self._thread.join()

    # The thread's.
    def _run(self):
        self._selector, self._pairs = selectors.DefaultSelector(), {}
        self._selector.register(self._listener, selectors.EVENT_READ)
        while not self._closing:
            if self._reset:
                self._reset_all()
            for key, _ in self._selector.select(0.05):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._relay(key.fileobj)
        self._reset_all()
        self._listener.close()

    def _accept(self):
        client, _ = self._listener.accept()
        client.settimeout(5)
        self.connections += 1
        try:
            if self.refusing:
                raise OSError
            server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
        except OSError:
            client.close()
            return
        for one, other, direction in ((client, server, UP), (server, client, DOWN)):
            self._pairs[one] = other, direction
            self._selector.register(one, selectors.EVENT_READ)

    def _relay(self, source):
        if source not in self._pairs:
            return
        sink, direction = self._pairs[source]
        try:
            data = source.recv(65536)
            if direction in self.silent and data:
                return
            if self.stall_s:
                time.sleep(self.stall_s)
            if data:
                return sink.sendall(data)
        except OSError:
            pass
        self._forget(source, sink)

    def _forget(self, *sockets):
        for one in sockets:
            if self._pairs.pop(one, None) is not None:
                self._selector.unregister(one)
                one.close()

    def _reset_all(self):
        self._reset = False
        for one in list(self._pairs):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._forget(*list(self._pairs))
