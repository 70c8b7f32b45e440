/// A message as it came from the wire: nothing about it has been checked but its size.
package struct IncomingFrames: Equatable, Sendable {
    /// Who sent it; empty at a DEALER, which has one peer.
    package var peer: PeerID
    package var frames: [[UInt8]]
    /// The public key whose holder the connection belongs to, proven by CURVE; nil where there is no authentication.
    package var key: CurveKey?

    package init(peer: PeerID, frames: [[UInt8]], key: CurveKey? = nil) {
        self.peer = peer
        self.frames = frames
        self.key = key
    }

    var byteCount: Int { self.frames.reduce(self.peer.rawValue.count) { $0 + $1.count } }
}
