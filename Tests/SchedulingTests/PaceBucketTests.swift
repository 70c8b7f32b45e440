import Scheduling
import Testing

@Suite struct PaceBucketTests {
    let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { self.start + .seconds(seconds) }

    private func pace(rows: Double? = nil, bytes: Double? = nil, isClosed: Bool = false) -> Pace {
        Pace(rowsPerSecond: rows, bytesPerSecond: bytes, isClosed: isClosed, seconds: 7)
    }

    @Test func withoutAThrottleEverythingGoes() {
        var bucket = PaceBucket(now: self.start)
        #expect(bucket.verdict(now: self.start) == .go)
        bucket.took(rows: 1 << 40, bytes: 1 << 40)
        #expect(bucket.verdict(now: self.at(1)) == .go)
        #expect(bucket.piece == (nil, nil))
    }

    @Test func aThrottledRunWaitsForItsFirstShare() {
        var bucket = PaceBucket(now: self.start)
        bucket.close()
        #expect(bucket.verdict(now: self.at(100)) == .closed)
        bucket.set(self.pace(rows: 1_000), now: self.at(100))
        #expect(bucket.verdict(now: self.at(100)) == .go)
    }

    @Test func whatWasReadTooEarlyIsWaitedFor() {
        var bucket = PaceBucket(now: self.start)
        bucket.set(self.pace(rows: 1_000), now: self.start)
        #expect(bucket.piece == (100, nil))
        bucket.took(rows: 100, bytes: 0)
        #expect(bucket.verdict(now: self.start) == .wait(.milliseconds(100)))
        #expect(bucket.verdict(now: self.at(0.1)) == .go)
    }

    @Test func theTighterOfTwoRatesCounts() {
        var bucket = PaceBucket(now: self.start)
        bucket.set(self.pace(rows: 1_000, bytes: 10_000), now: self.start)
        bucket.took(rows: 10, bytes: 5_000)
        #expect(bucket.verdict(now: self.start) == .wait(.milliseconds(500)))
    }

    @Test func anIdleTimeIsNoCreditForALongBurst() {
        var bucket = PaceBucket(now: self.start)
        bucket.set(self.pace(rows: 1_000), now: self.start)
        #expect(bucket.verdict(now: self.at(5)) == .go)
        bucket.took(rows: 1_250, bytes: 0)
        #expect(bucket.verdict(now: self.at(5)) == .wait(.seconds(1)))
    }

    @Test func aShareThatNobodyRenewsEnds() {
        var bucket = PaceBucket(now: self.start)
        bucket.set(self.pace(rows: 1_000), now: self.start)
        #expect(bucket.verdict(now: self.at(6.9)) == .go)
        #expect(bucket.verdict(now: self.at(7)) == .closed)
        bucket.set(self.pace(rows: 1_000), now: self.at(8))
        #expect(bucket.verdict(now: self.at(8)) == .go)
    }

    @Test func aClosedThrottleIsNotWaitedOutByTime() {
        var bucket = PaceBucket(now: self.start)
        bucket.set(self.pace(isClosed: true), now: self.start)
        #expect(bucket.verdict(now: self.at(1)) == .closed)
        bucket.set(nil, now: self.at(2))
        #expect(bucket.verdict(now: self.at(2)) == .go)
    }

    @Test func aShareOfNothingIsAskedForAgain() {
        var bucket = PaceBucket(now: self.start)
        bucket.set(self.pace(rows: 0), now: self.start)
        #expect(bucket.verdict(now: self.start) == .wait(.seconds(1)))
        bucket.set(self.pace(rows: 500), now: self.at(2))
        #expect(bucket.verdict(now: self.at(2)) == .go)
    }

    @Test(arguments: [(100.0, 1), (1_000.0, 3), (50_000.0, 8)])
    func slotsThatShareItReadNoFasterThanTheRate(rate: Double, slots: Int) {
        var bucket = PaceBucket(now: self.start)
        bucket.set(Pace(rowsPerSecond: rate, bytesPerSecond: nil, isClosed: false, seconds: 1_000), now: self.start)
        var rows = 0
        var now = self.start
        while now < self.at(20) {
            for _ in 0..<slots where bucket.verdict(now: now) == .go {
                let piece = bucket.piece.rows ?? 0
                bucket.took(rows: piece, bytes: 0)
                rows += piece
            }
            now += .milliseconds(10)
        }
        // The last pieces may be owed.
        #expect((rate * 19...rate * 20 + rate * 0.1 * Double(slots) + 1).contains(Double(rows)))
    }
}
