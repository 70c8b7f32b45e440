import ControlStore
import Foundation
import Glibc

/// What this process runs on and is.
enum Machine {
    /// The version every part of a pool should share.
    static let version = "0.1.0"

    /// The host's name, as the kernel has it.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Who calls this process, for the record.
    static var caller: Caller { Caller(user: NSUserName(), host: Self.hostName) }
}
