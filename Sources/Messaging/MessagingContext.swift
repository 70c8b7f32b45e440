internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// libzmq's context: its I/O thread and everything its sockets share.
///
/// Every socket holds its context, so it ends after the last of them. Ending waits until closed sockets have delivered
/// or their linger is over; it runs on the thread that lets go last, which for an endpoint is its own.
package final class MessagingContext: Sendable {
    private let handle: Mutex<Handle>

    package init() throws(MessagingError) {
        self.handle = Mutex(try Handle())
    }

    /// Whether this libzmq was built with CURVE.
    package static var hasCurve: Bool { zmq_has("curve") == 1 }

    /// The address of a new socket: a number, because a pointer may not leave the lock; sockets are made under it.
    func makeSocket(type: Int32) throws(MessagingError) -> UInt {
        try self.handle.withLock { (handle) throws(MessagingError) in
            guard let socket = zmq_socket(handle.pointer, type) else { throw .last(attempting: "making a socket") }
            return UInt(bitPattern: socket)
        }
    }
}

extension MessagingContext {
    private struct Handle: ~Copyable {
        let pointer: UnsafeMutableRawPointer

        init() throws(MessagingError) {
            guard let pointer = zmq_ctx_new() else { throw .last(attempting: "making a ZeroMQ context") }
            self.pointer = pointer
        }

        deinit {
            while zmq_ctx_term(self.pointer) != 0, zmq_errno() == EINTR {}
        }
    }
}
