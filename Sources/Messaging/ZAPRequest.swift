/// A question of libzmq to its authentication handler, as a ROUTER receives it.
///
/// https://rfc.zeromq.org/spec/27: asker, empty frame, version, request id, domain, address, routing id, mechanism,
/// credentials.
struct ZAPRequest {
    let domain: [UInt8]
    /// The client's public key; nil where the mechanism is not CURVE.
    let key: CurveKey?
    private let asker: [UInt8]
    private let identifier: [UInt8]

    /// Nil for what is no question of version 1.0, which gets no answer and lets nobody in.
    init?(_ frames: [[UInt8]]) {
        guard frames.count >= 8, frames[1].isEmpty, frames[2] == Self.version else { return nil }
        self.asker = frames[0]
        self.identifier = frames[3]
        self.domain = frames[4]
        let isCurve = frames[7] == Array("CURVE".utf8) && frames.count == 9
        self.key = isCurve ? CurveKey(bytes: frames[8]) : nil
    }

    /// The answer: a key that is let in becomes the user id of its connection.
    func reply(to key: CurveKey?) -> [[UInt8]] {
        let (status, text) = key == nil ? ("400", "not authorised") : ("200", "OK")
        return [
            self.asker, [], Self.version, self.identifier, Array(status.utf8), Array(text.utf8),
            Array((key?.text ?? "").utf8), [],
        ]
    }

    private static let version = Array("1.0".utf8)
}
