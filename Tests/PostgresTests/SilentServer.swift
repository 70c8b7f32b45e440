import Glibc

/// A loopback port where connections are accepted by the kernel and never answered.
struct SilentServer: ~Copyable {
    let port: Int
    private let socket: Int32

    init() throws {
        self.socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = self.socket
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length)
                listen(socket, 8)
                getsockname(socket, address, &length)
            }
        }
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(self.socket)
    }
}
