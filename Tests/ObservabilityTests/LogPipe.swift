import Glibc
import Logging
import Observability

/// A pair of sockets to log into.
struct LogPipe: ~Copyable {
    let output: LogOutput
    private let ends: [Int32]

    init() {
        var ends: [Int32] = [0, 0]
        // CLOEXEC: a child of another test that held the writing end would keep `text()` waiting.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0, "no sockets to be had")
        self.ends = ends
        self.output = LogOutput(fileDescriptor: ends[1])
    }

    deinit {
        close(self.ends[0])
    }

    /// Everything written since the start; nothing can be written afterwards.
    func text() -> String {
        close(self.ends[1])
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = read(self.ends[0], &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a logger writes, without the time at the start of a text or JSON line.
func logged(_ format: LogFormat, level: Logger.Level = .info, _ use: (Logger) -> Void) -> String {
    let pipe = LogPipe()
    use(makeLogger(label: "test", format: format, level: level, output: pipe.output))
    let text = pipe.text()
    return switch format {
    case .text: String(text.dropFirst("2026-11-22T10:00:00.000Z ".count))
    case .json: text.isEmpty ? "" : "{" + text.dropFirst(#"{"ts":"2026-11-22T10:00:00.000Z","#.count)
    }
}
