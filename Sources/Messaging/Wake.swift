internal import CZeroMQ
internal import Glibc

/// An eventfd that ends a wait in `zmq_poll`.
struct Wake: ~Copyable, Sendable {
    let descriptor: Int32

    init() throws(MessagingError) {
        self.descriptor = eventfd(0, GODWIT_EFD_FLAGS)
        guard self.descriptor >= 0 else { throw MessagingError(number: errno, attempting: "making an eventfd") }
    }

    deinit {
        close(self.descriptor)
    }

    func signal() {
        // It fails only when the counter is full, and then the waiter is awake anyway; or by a signal.
        while eventfd_write(self.descriptor, 1) != 0, errno == EINTR {}
    }

    func reset() {
        var count: eventfd_t = 0
        while eventfd_read(self.descriptor, &count) != 0, errno == EINTR {}
    }
}
