internal import CZeroMQ
internal import Glibc

extension MessagingError {
    /// The error of the libzmq call that just failed; nothing may be called in between, or its number is lost.
    static func last(attempting action: String) -> Self {
        Self(number: zmq_errno(), attempting: action)
    }

    init(number: Int32, attempting action: String) {
        let reason = zmq_strerror(number).map { String(cString: $0) } ?? "error \(number)"
        self.init(Code(number: number), "\(action) failed: \(reason)", errno: number)
    }
}

extension MessagingError.Code {
    init(number: Int32) {
        switch number {
        case EADDRINUSE: self = .addressInUse
        case EADDRNOTAVAIL, ENODEV, ENETDOWN, ENETUNREACH: self = .addressUnavailable
        case EMFILE, ENFILE, ENOMEM, ENOBUFS: self = .exhausted
        default: self = .system
        }
    }
}
