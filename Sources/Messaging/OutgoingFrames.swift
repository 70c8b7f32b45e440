/// A message for a peer.
package struct OutgoingFrames: Sendable {
    package var peer: PeerID
    package var frames: [[UInt8]]

    package init(peer: PeerID, frames: [[UInt8]]) {
        self.peer = peer
        self.frames = frames
    }
}
