/// A message as it came from the wire: nothing about it has been checked but its size.
package struct IncomingFrames: Equatable, Sendable {
    /// Who sent it; empty at a DEALER, which has one peer.
    package var peer: PeerID
    package var frames: [[UInt8]]

    package init(peer: PeerID, frames: [[UInt8]]) {
        self.peer = peer
        self.frames = frames
    }

    var byteCount: Int { self.frames.reduce(self.peer.rawValue.count) { $0 + $1.count } }
}
