import Glibc

/// Writing to standard output; a reader who has seen enough (`godwit shards | head`) ends the command quietly.
enum StandardOutput {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                if written > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                } else if errno != EINTR && errno != EAGAIN {
                    exit(errno == EPIPE ? 0 : ExitStatus.failed.rawValue)
                }
            }
        }
    }
}
