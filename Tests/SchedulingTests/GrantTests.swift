import Testing

@testable import Scheduling

@Suite struct GrantTests {
    /// One entity at work, with shards 1 to `shards`.
    private func run(_ shards: Int, limits: GrantLimits = GrantLimits(), parallelism: Int? = nil) -> RunMachine {
        var run = RunMachine(EntityNode("a", parallelism: parallelism), limits: limits)
        if shards > 0 { run.add(1...shards, of: "a") }
        _ = run.advancePreparing()
        return run
    }

    @Test func `the heaviest shard goes first, among equals the first`() {
        var run = RunMachine(EntityNode("a"))
        run.add(1...2, of: "a", weight: 1)
        run.add(3...3, of: "a", weight: 5)
        run.add(4...4, of: "a", .replay, weight: 3)
        _ = run.advancePreparing()
        run.join(1, slots: 9)
        #expect(run.grantedShards() == [3, 4, 1, 2])
    }

    @Test func `priority goes before dependency order`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", priority: 5), EntityNode("c", priority: 5))
        run.add(1...2, of: "a")
        run.add(3...4, of: "b")
        run.add(5...6, of: "c")
        _ = run.advancePreparing()
        run.join(1, slots: 5)
        #expect(run.grantedShards() == [3, 4, 5, 6, 1])
    }

    @Test func `a shard whose work was interrupted waits for no priority`() {
        var run = RunMachine(EntityNode("a", parallelism: 2), EntityNode("b", priority: 5))
        run.add(1...3, of: "a")
        run.add(11...13, of: "b", weight: 9)
        _ = run.advancePreparing()
        run.join(1, slots: 4)
        #expect(run.grantedShards() == [11, 12, 13, 1])
        // A worker died: both leases have expired. What nobody has begun waits on.
        run.add(14...15, of: "b", weight: 99)
        run.becomes(.pending(notBefore: nil), 1, 12)
        #expect(run.grantedShards() == [12, 1])
        // One that failed waits its turn, one that an operator retries doesn't.
        run.becomes(.pending(notBefore: .at(1)), 1)
        run.becomes(.failed, 12, 13)
        run.becomes(.pending(notBefore: nil), 13)
        #expect(run.grantedShards(at: 2) == [13, 14, 15])
        run.becomes(.done, 13, 14, 15)
        // The bound of an entity holds for both kinds together.
        #expect(run.grantedShards(at: 2) == [1, 2])
        run.becomes(.pending(notBefore: nil), 2)
        #expect(run.grantedShards(at: 2) == [2])
        run.becomes(.done, 1, 2)
        #expect(run.grantedShards(at: 2) == [3])
    }

    @Test func `a new reign knows what was interrupted`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", priority: 5))
        run.add(1...2, of: "a")
        run.add(
            ShardEntry(
                id: 3,
                entity: "a",
                kind: .copy,
                range: KeyRange(lower: nil, upper: nil),
                weight: 1,
                state: .pending(notBefore: nil),
                isInterrupted: true
            )
        )
        run.add(4...4, of: "b")
        _ = run.advancePreparing()
        run.join(1, slots: 9)
        #expect(run.grantedShards() == [3, 4, 1, 2])
    }

    @Test func `parallelism of an entity and of the run bound what is in flight`() {
        var run = RunMachine(EntityNode("a", parallelism: 2), EntityNode("b"), limits: GrantLimits(parallelism: 3))
        run.add(1...4, of: "a")
        run.add(5...8, of: "b")
        _ = run.advancePreparing()
        run.join(1, slots: 9)
        #expect(run.grantedShards() == [1, 2, 5])
        #expect(run.grantedShards() == [])
        run.becomes(.done, 1)
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 5)
        #expect(run.grantedShards() == [6])
    }

    @Test func `connections are shared out, the coordinator's and the workers' own first`() {
        #expect(GrantLimits(sourceConnections: 6).slots(workers: 2) == 3)
        #expect(GrantLimits(targetConnections: 6).slots(workers: 2) == 2)
        #expect(GrantLimits(parallelism: 1, sourceConnections: 6).slots(workers: 2) == 1)
        #expect(GrantLimits().slots(workers: 5) == .max)
        var run = self.run(9, limits: GrantLimits(targetConnections: 5))
        run.join(1, slots: 9)
        #expect(run.grantedShards() == [1, 2])
    }

    @Test func `sessions that look at the databases for an operator's throttle count as well`() {
        var run = self.run(9, limits: GrantLimits(sourceConnections: 9, targetConnections: 6))
        run.join(1, slots: 9)
        run.count(sourceProbes: 0, targetProbes: 1)
        #expect(run.grantedShards() == [1, 2])
        run.count(sourceProbes: 0, targetProbes: 0)
        #expect(run.limits.slots(workers: 1) == 3)
        run.count(sourceProbes: 6, targetProbes: 0)
        #expect(run.limits.slots(workers: 1) == 1)
    }

    @Test func `workers that use the connections up leave one slot, so that no run stands still`() {
        #expect(GrantLimits(sourceConnections: 2).slots(workers: 5) == 1)
        #expect(GrantLimits(sourceConnections: 8, targetConnections: 8).slots(workers: 7) == 1)
        #expect(GrantLimits(sourceConnections: GrantLimits.leastSource).slots(workers: 1) == 1)
        #expect(!GrantLimits(sourceConnections: GrantLimits.leastSource).isUsedUp(byWorkers: 1))
        #expect(!GrantLimits(targetConnections: GrantLimits.leastTarget).isUsedUp(byWorkers: 1))
        #expect(GrantLimits(sourceConnections: GrantLimits.leastSource - 1).isUsedUp(byWorkers: 1))
        #expect(GrantLimits(targetConnections: GrantLimits.leastTarget - 1).isUsedUp(byWorkers: 1))
        #expect(!GrantLimits(sourceConnections: 1).isUsedUp(byWorkers: 0))
        var run = self.run(4, limits: GrantLimits(targetConnections: 4))
        run.join(1, slots: 4)
        #expect(run.grantedShards() == [1])
        #expect(!run.isBudgetUsedUp)
        run.join(2, slots: 4)
        run.join(3, slots: 4)
        #expect(run.isBudgetUsedUp)
        #expect(run.grantedShards() == [])
        run.becomes(.done, 1)
        #expect(run.grantedShards() == [2])
        run.becomes(.done, 2)
        run.parted(2)
        run.parted(3)
        #expect(!run.isBudgetUsedUp)
        #expect(run.grantedShards() == [3])
    }

    @Test func `nothing is granted outside the window or while paused`() {
        var run = self.run(1)
        run.join(1, slots: 1)
        #expect(run.grantedShards(isWindowOpen: false) == [])
        run.pauseReason = "an operator's"
        #expect(run.grantedShards() == [])
        run.pauseReason = nil
        #expect(run.grantedShards() == [1])
    }

    @Test func `a shard waits for its time and overtakes nobody`() {
        var run = self.run(3)
        run.join(1, slots: 3)
        run.becomes(.pending(notBefore: .at(4)), 1)
        #expect(run.grantedShards(at: 0) == [2, 3])
        #expect(run.grantedShards(at: 3.9) == [])
        #expect(run.grantedShards(at: 4) == [1])
    }

    @Test func `a wait that was given up or prolonged is forgotten`() {
        var run = self.run(2)
        run.join(1, slots: 3)
        run.becomes(.pending(notBefore: .at(1)), 1, 2)
        run.becomes(.pending(notBefore: .at(3)), 1)
        run.becomes(.pending(notBefore: nil), 2)
        #expect(run.grantedShards(at: 0) == [2])
        #expect(run.grantedShards(at: 2) == [])
        #expect(run.grantedShards(at: 3) == [1])
    }

    @Test func `what the schema did not record is offered again`() {
        var run = self.run(2)
        run.join(1, slots: 2)
        #expect(run.grants(now: .at(0)).map(\.shard) == [1, 2])
        run.lease(1, 1)
        #expect(run.grants(now: .at(0)).map(\.shard) == [2])
        run.becomes(.failed, 2)
        #expect(run.grants(now: .at(0)) == [])
    }

    @Test func `load spreads over workers, the freest first`() {
        var run = self.run(5)
        run.join(1, slots: 1)
        run.join(2, slots: 3)
        run.join(3, slots: 1)
        #expect(run.grants(now: .at(0)).map(\.worker) == [2, 1, 3, 2, 2])
    }

    @Test func `silent, draining and departed workers get nothing`() {
        var run = self.run(9)
        run.join(1, slots: 1, at: 0)
        #expect(run.grants(now: .at(6)) == [])
        #expect(run.grants(now: .at(5.9)).count == 1)
        _ = run.ping(1, slots: 1, isDraining: true, at: 6)
        #expect(run.grants(now: .at(6)) == [])
        _ = run.ping(1, slots: 1, at: 7)
        #expect(run.grants(now: .at(7)).count == 1)
        run.parted(1)
        #expect(run.grants(now: .at(7)) == [])
    }

    @Test func `a batch of grants has its limit`() {
        var run = self.run(9)
        run.join(1, slots: 9)
        #expect(run.grants(now: .at(0), limit: 4).count == 4)
    }
}
