/// An address `tcp://host:port`; port `*` lets the system choose one when binding.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name, an IPv4 address, an IPv6 address without its brackets, or `*` for every interface.
    package let host: String
    /// Nil when the system is to choose.
    package let port: UInt16?

    package init(_ text: String) throws(MessagingError) {
        guard let parsed = Self.parse(text) else {
            throw MessagingError(
                .invalidEndpoint,
                "'\(text)' is not an endpoint; write tcp://host:port, for example tcp://127.0.0.1:7400"
            )
        }
        (self.host, self.port) = parsed
    }

    /// The same host at another port.
    package func with(port: UInt16?) -> Endpoint {
        Endpoint(host: self.host, port: port)
    }

    private init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    package var description: String {
        let host = self.isIPv6Literal ? "[\(self.host)]" : self.host
        return "tcp://\(host):\(self.port.map(String.init) ?? "*")"
    }

    /// Whether only processes of this machine can reach it; without keys a coordinator binds to nothing else.
    ///
    /// A name other than `localhost` is never loopback, whatever it resolves to at the moment.
    package var isLoopback: Bool {
        let host = self.host.lowercased()
        return host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host)
    }

    var isIPv6Literal: Bool { self.host.contains(":") }

    /// What libzmq is given to bind: it takes addresses and interfaces there, no names, so `localhost` is replaced.
    var bindAddress: String {
        guard self.host.lowercased() == "localhost" else { return self.description }
        return "tcp://127.0.0.1:\(self.port.map(String.init) ?? "*")"
    }

    private static func parse(_ text: String) -> (host: String, port: UInt16?)? {
        let scheme = "tcp://"
        guard text.hasPrefix(scheme), let colon = text.lastIndex(of: ":") else { return nil }
        let start = text.index(text.startIndex, offsetBy: scheme.count)
        guard start < colon, let host = Self.host(text[start..<colon]) else { return nil }
        let portText = text[text.index(after: colon)...]
        if portText == "*" { return (host, nil) }
        guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText) else { return nil }
        return (host, port == 0 ? nil : port)
    }

    private static func host(_ text: Substring) -> String? {
        guard text.utf8.count <= 255 else { return nil }
        if text == "*" { return "*" }
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            let isAddress = inner.contains(":") && inner.utf8.allSatisfy { $0.isHexDigit || $0 == 0x3A || $0 == 0x2E }
            return isAddress ? String(inner) : nil
        }
        let isName = text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
        return isName && !text.isEmpty ? String(text) : nil
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && $0.first != "+" }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }

    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
