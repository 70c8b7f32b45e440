import Glibc

/// Plain TCP to a port of this machine.
enum LoopbackConnection {
    /// A connected descriptor, negative where nobody listens.
    static func open(port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                connect(descriptor, general, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return -1
        }
        return descriptor
    }

    /// Whether somebody listens.
    static func answers(port: UInt16) -> Bool {
        let descriptor = Self.open(port: port)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }
}
