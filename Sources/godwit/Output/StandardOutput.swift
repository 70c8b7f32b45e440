import Glibc

/// Writing to standard output; a reader who has seen enough (`godwit shards | head`) ends the command quietly.
enum StandardOutput {
    static func write(_ text: String) {
        let error = FileDescriptor(rawValue: STDOUT_FILENO).write(text)
        if error != 0 { exit(error == EPIPE ? 0 : ExitStatus.failed.rawValue) }
    }
}
