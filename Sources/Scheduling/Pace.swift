/// A worker's share of what the pool may read, lent to it for a few seconds.
///
/// Whoever hears nothing more reads nothing more: a share that nobody renews ends.
package struct Pace: Sendable, Equatable, Codable {
    /// Source rows per second of all its slots, nil for no bound.
    package var rowsPerSecond: Double?
    /// Bytes of source rows per second of all its slots, nil for no bound.
    package var bytesPerSecond: Double?
    /// Nothing is to be read for now.
    package var isClosed: Bool
    /// How long it holds, from when it comes.
    package var seconds: Double

    package init(rowsPerSecond: Double?, bytesPerSecond: Double?, isClosed: Bool, seconds: Double) {
        self.rowsPerSecond = rowsPerSecond
        self.bytesPerSecond = bytesPerSecond
        self.isClosed = isClosed
        self.seconds = seconds
    }
}
