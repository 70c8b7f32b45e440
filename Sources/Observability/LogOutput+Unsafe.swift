import Glibc
import Synchronization

/// A file descriptor that takes whole lines from any thread.
package final class LogOutput: Sendable {
    /// Standard error.
    package static let standardError = LogOutput(fileDescriptor: STDERR_FILENO)

    /// Held for the length of a line, because a pipe may take a long line in parts.
    private let fileDescriptor: Mutex<Int32>

    /// Writes to a descriptor that somebody else closes.
    package init(fileDescriptor: Int32) {
        self.fileDescriptor = Mutex(fileDescriptor)
    }

    /// Writes a line in one call; a line that can't be written is lost, because logging must not stop a migration.
    func write(_ line: String) {
        var line = line + "\n"
        line.withUTF8 { bytes in
            self.fileDescriptor.withLock { Self.write(UnsafeRawBufferPointer(bytes), to: $0) }
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to fileDescriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let written = Glibc.write(fileDescriptor, piece.baseAddress, piece.count)
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
