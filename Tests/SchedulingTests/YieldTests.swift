import Testing

@testable import Scheduling

@Suite struct YieldTests {
    /// Two workers of one slot; the first has the only shard, of 1,000 rows.
    private func run(
        canYield: Bool = true,
        kind: ShardKind = .copy,
        limits: GrantLimits = GrantLimits()
    ) -> RunMachine {
        var node = EntityNode("a")
        node.canYield = canYield
        var run = RunMachine(node, limits: limits)
        run.add(
            ShardEntry(
                id: 1,
                entity: "a",
                kind: kind,
                range: KeyRange(lower: nil, upper: nil),
                weight: 1,
                state: .pending(notBefore: nil),
                rows: 1000
            )
        )
        _ = run.advancePreparing()
        run.join(1, slots: 1)
        _ = run.grantedShards()
        run.join(2, slots: 3)
        return run
    }

    private func report(_ rows: Int, at seconds: Double, to run: inout RunMachine) {
        _ = run.ping(1, held: [1], slots: 1, at: seconds)
        _ = run.ping(2, slots: 3, at: seconds)
        run.progressed(1, [(1, rows)], now: .at(seconds))
        #expect(run.grantedShards(at: seconds) == [])
        run.chooseYields(now: .at(seconds))
    }

    @Test func `a straggler is asked for its rest while slots idle`() {
        var run = self.run()
        self.report(0, at: 0, to: &run)
        #expect(run.yieldRequests(for: 1) == [])
        self.report(100, at: 3, to: &run)
        #expect(run.yieldRequests(for: 1) == [.init(lease: 1, parts: 4)])
        #expect(run.yieldRequests(for: 2) == [])
        // Again and again, as long as it may have got lost.
        self.report(150, at: 5, to: &run)
        #expect(run.yieldRequests(for: 1) == [.init(lease: 1, parts: 4)])
        // The rest comes with the end of the shard, before the entity could seem done.
        run.learn([
            ShardEntry(
                id: 1,
                entity: "a",
                kind: .copy,
                range: KeyRange(lower: nil, upper: 200),
                weight: 1,
                state: .done
            ),
            ShardEntry(
                id: 2,
                entity: "a",
                kind: .copy,
                range: KeyRange(lower: 200, upper: nil),
                weight: 1,
                state: .pending(notBefore: nil),
                origin: 1
            ),
        ])
        #expect(run.yieldRequests(for: 1) == [])
        #expect(run.advance() == [])
        #expect(run.grantedShards(at: 6) == [2])
    }

    @Test func `a request lapses that nobody follows`() {
        var run = self.run()
        self.report(0, at: 0, to: &run)
        self.report(10, at: 4, to: &run)
        #expect(run.yieldRequests(for: 1).count == 1)
        self.report(20, at: 12, to: &run)
        #expect(run.yieldRequests(for: 1).count == 1)
        run.progressed(1, [(1, 995)], now: .at(19))
        run.chooseYields(now: .at(19.5))
        #expect(run.yieldRequests(for: 1) == [])
    }

    @Test func `nobody is asked in vain`() {
        // Nearly done; not a plain copy; its entity is not read in order; more than may be in flight; no sign of life.
        var run = self.run()
        self.report(0, at: 0, to: &run)
        self.report(900, at: 3, to: &run)
        #expect(run.yieldRequests(for: 1) == [])
        let bounded = self.run(limits: GrantLimits(parallelism: 1))
        for other in [self.run(canYield: false), self.run(kind: .replay), bounded] {
            run = other
            self.report(0, at: 0, to: &run)
            self.report(10, at: 4, to: &run)
            #expect(run.yieldRequests(for: 1) == [])
        }
        run = self.run()
        self.report(0, at: 0, to: &run)
        run.progressed(1, [(1, 10)], now: .at(4))
        run.chooseYields(now: .at(20))
        #expect(run.yieldRequests(for: 1) == [])
        run = self.run()
        self.report(0, at: 0, to: &run)
        run.pauseReason = "paused"
        self.report(10, at: 4, to: &run)
        #expect(run.yieldRequests(for: 1) == [])
    }

    @Test func `a worker keeps a shard for its time, and goes on where little is left`() {
        func parts(_ seconds: Double, rows: Int, left: Int, asked: Int? = nil) -> Int? {
            YieldPolicy.parts(elapsed: .seconds(seconds), rows: rows, left: left, asked: asked)
        }
        #expect(parts(9, rows: 100, left: 10_000) == nil)
        #expect(parts(10, rows: 100, left: 40) == nil)
        #expect(parts(10, rows: 100, left: 60) == 1)
        #expect(parts(10, rows: 100, left: 250) == 3)
        #expect(parts(10, rows: 100, left: 1_000_000) == 16)
        #expect(parts(10, rows: 100, left: 1) == nil)
        #expect(parts(10, rows: 0, left: 100) == nil)
        #expect(parts(2, rows: 100, left: 400, asked: 4) == 4)
        #expect(parts(2, rows: 100, left: 100, asked: 9) == 4)
        #expect(parts(2, rows: 100, left: 40, asked: 4) == nil)
        #expect(parts(600, rows: 10, left: 3, asked: 60) == 3)
        #expect(parts(1e9, rows: 1, left: .max, asked: .max) == 16)
    }

    @Test func `what was written is committed before a long wait for the throttle, however little is left`() {
        func parts(wait seconds: Double, rows: Int = 5, left: Int = 1, elapsed: Double = 0.1) -> Int? {
            YieldPolicy.parts(
                elapsed: .seconds(elapsed),
                rows: rows,
                left: left,
                asked: nil,
                wait: .seconds(seconds)
            )
        }
        #expect(parts(wait: 9.9) == nil)
        #expect(parts(wait: 10) == 1)
        #expect(parts(wait: 600, left: 1_000_000, elapsed: 60) == 1)
        // Nothing to commit, or nothing to leave.
        #expect(parts(wait: 600, rows: 0) == nil)
        #expect(parts(wait: 600, left: 0) == nil)
    }

    @Test func `only the slot at a lease is asked`() {
        var worker = WorkerMachine(slots: 2, now: .at(0))
        worker.welcomed(timers: WorkerTimers(), now: .at(0))
        #expect(worker.leased(Assignment(of: 7), now: .at(0)) == .start(slot: 0))
        #expect(worker.slot(running: 7) == 0)
        #expect(worker.slot(running: 8) == nil)
        _ = worker.revoked(7, now: .at(1))
        #expect(worker.slot(running: 7) == nil)
    }
}
