import Glibc

/// An open file, a pipe or a terminal.
struct FileDescriptor {
    let rawValue: Int32

    /// Writes a text whole, also into a pipe or terminal that takes it in parts or not at once.
    ///
    /// - Returns: 0, or the error's number where nobody reads any more.
    func write(_ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            // The bytes are used only inside the closure.
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(self.rawValue, rest.baseAddress, rest.count)
                if written > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: self.rawValue, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }
}
