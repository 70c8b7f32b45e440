internal import CZeroMQ
internal import Glibc

/// The list for `zmq_poll`, kept between calls: the wake descriptor first, then the sockets.
struct Poller {
    private var items: [zmq_pollitem_t]
    private var sources: [PollingExecutor.Source] = []
    private var generation = 0

    init(wake: Int32) {
        self.items = [zmq_pollitem_t(socket: nil, fd: wake, events: Int16(ZMQ_POLLIN), revents: 0)]
    }

    var wasWoken: Bool { self.items[0].revents != 0 }

    mutating func update(sources: [PollingExecutor.Source], generation: Int) {
        guard generation != self.generation else { return }
        self.generation = generation
        self.sources = sources
        self.items.removeLast(self.items.count - 1)
        for source in sources {
            let socket = UnsafeMutableRawPointer(bitPattern: source.socket)
            self.items.append(zmq_pollitem_t(socket: socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        }
    }

    /// Waits until something is readable, or only looks; a signal ends the wait with nothing readable.
    mutating func poll(mayWait: Bool) {
        let count = zmq_poll(&self.items, Int32(self.items.count), mayWait ? -1 : 0)
        guard count < 0 else { return }
        precondition(zmq_errno() == EINTR, "zmq_poll refuses only a closed socket, and those are no longer watched.")
        for index in self.items.indices {
            self.items[index].revents = 0
        }
    }

    /// Calls the readable ones, and stops when one of them changed the list: the next turn has a new one.
    func callReadable(unlessChangedSince currentGeneration: () -> Int) {
        for (item, source) in zip(self.items.dropFirst(), self.sources) where item.revents != 0 {
            guard currentGeneration() == self.generation else { return }
            source.onReadable()
        }
    }
}
