import Scheduling
import Testing

@Suite struct ThrottleTests {
    let start = ContinuousClock.now
    let first = Incarnation.random()
    let second = Incarnation.random()

    private func at(_ seconds: Double) -> ContinuousClock.Instant { self.start + .seconds(seconds) }

    private func open(_ rows: Double?, _ bytes: Double? = nil) -> Pace {
        Pace(rowsPerSecond: rows, bytesPerSecond: bytes, isClosed: false, seconds: 7)
    }

    private var closed: Pace { Pace(rowsPerSecond: nil, bytesPerSecond: nil, isClosed: true, seconds: 7) }

    private func target(behind bytes: Int, sessions: Int = 0) -> TargetSignals {
        TargetSignals(
            sessions: sessions,
            standby: TargetSignals.Standby(name: "replica1", bytes: bytes, seconds: 0),
            walPosition: 0
        )
    }

    @Test func withoutLimitsNobodyGetsAPace() {
        var throttle = Throttle(limits: .none)
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == nil)
        #expect(throttle.standing(now: self.start) == .open)
        #expect(!throttle.isClosed(now: self.start))
    }

    @Test func limitsThatCannotBeReadCloseItUntilOthersAreSet() {
        var throttle = Throttle(limits: .none)
        throttle.follow(.none, areReadable: false)
        #expect(throttle.isBounding)
        #expect(throttle.isClosed(now: self.start))
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == self.closed)
        guard case .closed(let reason) = throttle.standing(now: self.start) else {
            Issue.record("it stands open")
            return
        }
        #expect(reason.contains("godwit throttle --plan"))
        throttle.follow(ThrottleLimits(rowsPerSecond: 9_000))
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == self.open(9_000))
        throttle.follow(.none)
        #expect(!throttle.isClosed(now: self.start))
    }

    @Test func aRateIsSharedOutByWeight() {
        var throttle = Throttle(limits: ThrottleLimits(rowsPerSecond: 9_000))
        #expect(throttle.pace(for: self.first, weight: 2, of: 3, now: self.start) == self.open(6_000))
        #expect(throttle.pace(for: self.second, weight: 1, of: 3, now: self.start) == self.open(3_000))
    }

    @Test func aWorkerThatHasJustComeGetsOnlyWhatTheOthersLeave() {
        var throttle = Throttle(limits: ThrottleLimits(rowsPerSecond: 9_000))
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == self.open(9_000))
        #expect(throttle.pace(for: self.second, weight: 1, of: 2, now: self.at(1)) == self.open(0))
        #expect(throttle.pace(for: self.first, weight: 1, of: 2, now: self.at(2)) == self.open(4_500))
        #expect(throttle.pace(for: self.second, weight: 1, of: 2, now: self.at(3)) == self.open(4_500))
    }

    @Test func whatAWorkerHadThatIsHeardOfNoMoreIsFreeWhenItsTermEnds() {
        var throttle = Throttle(limits: ThrottleLimits(bytesPerSecond: 1_000))
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == self.open(nil, 1_000))
        #expect(throttle.pace(for: self.second, weight: 1, of: 1, now: self.at(6.9)) == self.open(nil, 0))
        #expect(throttle.pace(for: self.second, weight: 1, of: 1, now: self.at(7)) == self.open(nil, 1_000))
    }

    @Test func whatIsLentNeverAddsUpToMoreThanTheLimit() {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: .min ... .max, using: &random)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var throttle = Throttle(limits: ThrottleLimits(rowsPerSecond: 1_000))
        let workers = (0..<20).map { _ in Incarnation.random() }
        var loans: [Incarnation: (rows: Double, until: ContinuousClock.Instant)] = [:]
        var now = self.start
        for _ in 0..<2_000 {
            now += .milliseconds(Int.random(in: 0...900, using: &generator))
            let worker = workers[Int.random(in: 0..<20, using: &generator)]
            let weight = Int.random(in: 1...4, using: &generator)
            let total = weight + Int.random(in: 0...30, using: &generator)
            guard let pace = throttle.pace(for: worker, weight: weight, of: total, now: now) else { continue }
            loans[worker] = (pace.rowsPerSecond ?? .infinity, now + .seconds(pace.seconds))
            let lent = loans.values.filter { $0.until > now }.reduce(0) { $0 + $1.rows }
            #expect(lent <= 1_000.000_1)
        }
    }

    @Test func beforeTheFirstLookNothingIsRead() {
        var throttle = Throttle(limits: ThrottleLimits(sourceSessions: 10))
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == self.closed)
        #expect(throttle.standing(now: self.start) == .closed("the source's load is not known yet"))
        throttle.failedToLook(at: .source, "no route to host")
        #expect(throttle.standing(now: self.start) == .closed("the source's load is not known yet: no route to host"))
    }

    @Test func tooManySessionsStopIt() {
        var throttle = Throttle(limits: ThrottleLimits(sourceSessions: 10))
        throttle.saw(SourceSignals(sessions: 10), now: self.start)
        #expect(throttle.standing(now: self.start) == .open)
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == self.open(nil))
        throttle.saw(SourceSignals(sessions: 11), now: self.at(1))
        #expect(throttle.isClosed(now: self.at(1)))
        #expect(throttle.standing(now: self.at(1)) == .closed("11 sessions are active on the source, more than 10"))
        throttle.saw(SourceSignals(sessions: 10), now: self.at(2))
        #expect(throttle.standing(now: self.at(2)) == .open)
    }

    @Test func aLookThatIsTooOldStopsItToo() {
        var throttle = Throttle(limits: ThrottleLimits(targetSessions: 10))
        throttle.saw(self.target(behind: 0), bytesRead: 0, now: self.start)
        #expect(throttle.standing(now: self.at(5)) == .open)
        #expect(throttle.standing(now: self.at(6)) == .closed("the target's load has not been known for 6 s"))
        throttle.failedToLook(at: .target, "timeout expired")
        #expect(
            throttle.standing(now: self.at(9))
                == .closed("the target's load has not been known for 9 s: timeout expired")
        )
        throttle.saw(self.target(behind: 0), bytesRead: 0, now: self.at(10))
        #expect(throttle.standing(now: self.at(10)) == .open)
    }

    @Test func aStandbyThatIsBehindStopsItUntilItHasCaughtUpWell() {
        var throttle = Throttle(limits: ThrottleLimits(replicationLag: .bytes(10 << 20)))
        throttle.saw(self.target(behind: 10 << 20), bytesRead: 0, now: self.start)
        #expect(throttle.standing(now: self.start) == .open)
        throttle.saw(self.target(behind: 15 << 20), bytesRead: 0, now: self.at(1))
        #expect(throttle.standing(now: self.at(1)) == .closed("replica1 is 15 MiB behind, the limit is 10 MiB"))
        throttle.saw(self.target(behind: 9 << 20), bytesRead: 0, now: self.at(2))
        #expect(throttle.isClosed(now: self.at(2)))
        throttle.saw(self.target(behind: 8 << 20), bytesRead: 0, now: self.at(3))
        #expect(throttle.standing(now: self.at(3)) == .open)
    }

    @Test func aStandbyThatReplaysNothingMoreIsBehindWhateverItSaysOfTime() {
        var throttle = Throttle(limits: ThrottleLimits(replicationLag: .seconds(3)))
        func look(_ second: Int, written: Int, replayed: Int) -> Throttle.Standing {
            let standby = TargetSignals.Standby(name: "replica1", bytes: written - replayed, seconds: 0)
            let signals = TargetSignals(sessions: 0, standby: standby, walPosition: written)
            throttle.saw(signals, bytesRead: 0, now: self.at(Double(second)))
            return throttle.standing(now: self.at(Double(second)))
        }
        let megabyte = 1 << 20
        #expect(look(0, written: megabyte, replayed: megabyte) == .open)
        for second in 1...4 { #expect(look(second, written: (second + 1) * megabyte, replayed: megabyte) == .open) }
        let behind = Throttle.Standing.closed("replica1 is 4.0 s behind, the limit is 3.0 s")
        #expect(look(5, written: 6 * megabyte, replayed: megabyte) == behind)
        #expect(look(6, written: 6 * megabyte, replayed: 6 * megabyte) == .open)
        // A few bytes that an idle standby never reports.
        for second in 7...20 { #expect(look(second, written: 6 * megabyte, replayed: 6 * megabyte - 100) == .open) }
    }

    @Test func aStandbyThatIsNotThereStopsIt() {
        var throttle = Throttle(limits: ThrottleLimits(replicationLag: .seconds(10)))
        throttle.saw(TargetSignals(sessions: 0, standby: nil, walPosition: 0), bytesRead: 0, now: self.start)
        #expect(
            throttle.standing(now: self.start)
                == .closed("no standby is connected to the target, so its lag is not known")
        )
    }

    @Test func liftedLimitsLetEverybodyGo() {
        var throttle = Throttle(limits: ThrottleLimits(rowsPerSecond: 1, sourceSessions: 0))
        #expect(throttle.isClosed(now: self.start))
        throttle.follow(.none)
        #expect(!throttle.isClosed(now: self.start))
        #expect(throttle.pace(for: self.first, weight: 1, of: 1, now: self.start) == nil)
    }
}

extension ThrottleTests {
    /// A target that writes so many bytes of WAL for a byte that is read, and as many by itself every second.
    struct Target {
        var amplification: Double
        var others: Double
        private var position = 0.0
        private var read = 0.0

        init(amplification: Double, others: Double) {
            self.amplification = amplification
            self.others = others
        }

        /// A second goes by in which the pool reads all it may.
        mutating func second(_ rate: Double) -> (signals: TargetSignals, bytesRead: Int, written: Double) {
            self.read += rate
            let written = rate * self.amplification + self.others
            self.position += written
            return (
                TargetSignals(sessions: 0, standby: nil, walPosition: Int(self.position)), Int(self.read), written
            )
        }
    }

    @Test(arguments: [(0.5, 0.0), (1.0, 1e6), (4.0, 0.0), (3.0, 5e6)])
    func theRateOfReadingFollowsTheLimitOfTheWAL(amplification: Double, others: Double) throws {
        let limit = 10e6
        var throttle = Throttle(limits: ThrottleLimits(walBytesPerSecond: Int(limit)))
        var target = Target(amplification: amplification, others: others)
        let seen = target.second(0)
        throttle.saw(seen.signals, bytesRead: seen.bytesRead, now: self.start)
        var written: [Double] = []
        for second in 1...120 {
            let now = self.at(Double(second))
            let lent = throttle.pace(for: self.first, weight: 1, of: 1, now: now)
            let pace = try #require(lent)
            let rate = try #require(pace.bytesPerSecond)
            let seen = target.second(rate)
            throttle.saw(seen.signals, bytesRead: seen.bytesRead, now: now)
            written.append(seen.written)
        }
        for rate in written.suffix(40) { #expect((0.8 * limit...1.05 * limit).contains(rate)) }
        guard case .slowed = throttle.standing(now: self.at(120)) else {
            Issue.record("it is slowed, and does not say so")
            return
        }
    }
}
