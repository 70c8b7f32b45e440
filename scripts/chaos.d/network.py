"""Where the processes are: all on loopback, or each in a network namespace of its own on three bridges."""

import subprocess


class Loopback:
    """No namespaces: databases by socket, the rest on 127.0.0.1."""

    source_host = "127.0.0.1"
    coordinator_host = "127.0.0.1"
    coordinator_namespace = None
    options = ()
    can_cut = False

    def target_host(self, cluster):
        return cluster.directory.replace("/", "%2F")

    def worker_namespace(self, number):
        return None


class Namespaces:
    """Made by scripts/chaos: namespaces PREFIX-c and PREFIX-w1 …, bridges brc (control), brt (target), brs (source).

    The member m has the port m + letter on each bridge, in the namespace where this runs, as the two databases do.
    """

    source_host = "10.213.3.1"
    coordinator_host = "10.213.1.2"
    # Plaintext to the databases, in namespaces that nothing else can reach.
    options = ("--insecure",)
    can_cut = True

    def __init__(self, prefix):
        self.prefix = prefix
        self.coordinator_namespace = f"{prefix}-c"
        self.detached = set()

    def target_host(self, cluster):
        return "10.213.2.1"

    def worker_namespace(self, number):
        return f"{self.prefix}-w{number}"

    def cut(self, ports):
        """A true black hole: packets vanish, nobody is told."""
        for port in ports:
            subprocess.run(["ip", "link", "set", port, "nomaster"], check=True)
            self.detached.add(port)

    def mend(self, ports):
        for port in ports:
            if port in self.detached:
                subprocess.run(["ip", "link", "set", port, "master", "br" + port[-1]], check=True)
                self.detached.discard(port)
