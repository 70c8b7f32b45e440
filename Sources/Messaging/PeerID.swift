/// The routing id under which a ROUTER knows a peer: bytes the peer chose itself, so no proof of who it is.
package struct PeerID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: [UInt8]

    package init(rawValue: [UInt8]) {
        self.rawValue = rawValue
    }

    /// `W` and 16 random bytes, new for every process: a leading zero byte is libzmq's, and a repeated id evicts its holder.
    package static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(
            rawValue: [UInt8(ascii: "W")] + (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        )
    }

    /// Hexadecimal.
    package var description: String {
        self.rawValue
            .map { byte in
                let digits = String(byte, radix: 16)
                return byte < 16 ? "0" + digits : digits
            }
            .joined()
    }
}
