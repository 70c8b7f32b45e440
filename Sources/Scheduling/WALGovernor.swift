/// Finds the rate of reading at which the target writes no more WAL than it may.
///
/// How much WAL a byte of the source makes depends on indexes, full-page images and what others write, so it is not
/// computed but followed: the rate is corrected by limit ÷ measured, window by window.
struct WALGovernor: Sendable {
    typealias Instant = ContinuousClock.Instant

    private let limit: Double
    /// Bytes of source rows per second that the pool may read.
    private(set) var bytesPerSecond: Double
    /// What it was slowed by; nil where the limit is not felt.
    private(set) var slowed: String?
    private var last: (at: Instant, position: Int, bytesRead: Int)?

    /// - Parameter limit: Bytes of WAL per second.
    init(limit: Double) {
        self.limit = limit
        // Until something is known: as if a byte that is read made a byte of WAL.
        self.bytesPerSecond = limit
    }

    /// Workers report every two seconds, so a shorter window would measure their rhythm.
    static let window = Duration.seconds(4)
    /// The rate never falls below: a run that stands still would not find out that there is room again.
    static let least = 64.0 * 1024
    /// The most it grows by in a window; falling is not bounded.
    static let growth = 1.5

    /// - Parameters:
    ///   - position: Bytes of WAL since the cluster was made.
    ///   - bytesRead: By the pool since the coordinator began to count.
    ///   - now: The coordinator's monotonic clock.
    mutating func saw(position: Int, bytesRead: Int, now: Instant) {
        // A counter that went backwards is another server's, or another pool's: measured anew.
        guard let last = self.last, position >= last.position, bytesRead >= last.bytesRead else {
            self.last = (now, position, bytesRead)
            return
        }
        let time = (now - last.at) / .seconds(1)
        guard now - last.at >= Self.window else { return }
        self.last = (now, position, bytesRead)
        let written = Double(position - last.position) / time
        let read = Double(bytesRead - last.bytesRead) / time
        if written > self.limit {
            self.bytesPerSecond = max(
                Self.least,
                min(self.bytesPerSecond, max(read, Self.least)) * self.limit / written
            )
        } else if read >= self.bytesPerSecond * 0.8 {
            self.bytesPerSecond *= min(Self.growth, self.limit / max(written, self.limit / Self.growth))
        }
        let isFelt = written > self.limit * 0.8 || read >= self.bytesPerSecond * 0.8
        self.slowed =
            isFelt
            ? """
            the target writes \(ByteText.text(Int(written))) of WAL a second, the limit is \
            \(ByteText.text(Int(self.limit))): reading \(ByteText.text(Int(self.bytesPerSecond))) a second
            """ : nil
    }
}
