/// A call into libzmq that failed, or an address or key it could not be given.
package struct MessagingError: Error, Equatable, Sendable, CustomStringConvertible {
    package var code: Code
    /// What was attempted, on what, and what to do about it.
    package var message: String
    /// The error number libzmq or the system gave; nil where none was involved.
    package var errno: Int32?

    package init(_ code: Code, _ message: String, errno: Int32? = nil) {
        self.code = code
        self.message = message
        self.errno = errno
    }

    package var description: String { self.message }

    /// What kind of failure it is.
    package enum Code: Sendable {
        /// The endpoint is not of the form `tcp://host:port`.
        case invalidEndpoint
        /// Another process, or an earlier socket of this one, holds the port.
        case addressInUse
        /// The address is not one of this machine, or the network can't be reached.
        case addressUnavailable
        /// A CURVE key is not 40 characters of Z85.
        case invalidKey
        /// A key file that is missing, readable by others, or holds no key.
        case keyFile
        /// Plaintext beyond this machine.
        case insecure
        /// The limit of sockets, file descriptors or threads is reached.
        case exhausted
        /// Anything else libzmq or the system refused.
        case system
    }
}
