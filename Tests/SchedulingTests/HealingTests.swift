import Testing

@testable import Scheduling

@Suite struct HealingTests {
    /// a ← b ← c, every copy done but shard 1 of a, which failed.
    private func unfinished(_ stage: EntityNode.Stage) -> RunMachine {
        var run = RunMachine(
            EntityNode("a", stage),
            EntityNode("b", after: ["a"], .complete),
            EntityNode("c", after: ["b"], .complete)
        )
        run.add(1...1, of: "a", state: .failed)
        run.add(2...2, of: "a", state: .done)
        run.add(3...3, of: "b", state: .done)
        run.add(4...4, of: "c", state: .done)
        run.join(1, slots: 4)
        return run
    }

    @Test func `a retried shard heals its children, then theirs, and the run ends after the last replay`() {
        var run = self.unfinished(.complete)
        #expect(run.advance() == [.endRun(failedShards: 1)])
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.grantedShards() == [1])
        run.becomes(.done, 1)
        #expect(run.advance() == [.planReplays("b"), .settle("a")])
        run.add(5...5, of: "b", .replay)
        #expect(run.advancePreparing() == [.complete("a"), .prepare("b")])
        #expect(run.grantedShards() == [5])
        run.becomes(.done, 5)
        #expect(run.advance() == [.planReplays("c"), .settle("b")])
        run.add(6...6, of: "c", .replay)
        #expect(run.advancePreparing() == [.complete("b"), .prepare("c")])
        run.becomes(.done, 6)
        #expect(run.advance() == [.settle("c"), .complete("c"), .endRun(failedShards: 0)])
        #expect(run.advance() == [])
    }

    @Test func `a retry between two reigns heals too`() {
        // What `godwit retry` leaves behind: the shard pending, its entity copying.
        var run = self.unfinished(.waiting)
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        run.becomes(.done, 1)
        #expect(run.advance() == [.planReplays("b"), .settle("a")])
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a child at work while its parent heals is replayed when its copies have ended`() {
        var run = RunMachine(EntityNode("a", .complete), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a", state: .failed)
        run.add(2...2, of: "b")
        run.join(1, slots: 4)
        #expect(run.advancePreparing() == [.prepare("b")])
        #expect(run.grantedShards() == [2])
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        run.becomes(.done, 1)
        #expect(run.advance() == [.settle("a"), .complete("a")])
        run.becomes(.done, 2)
        #expect(run.advance() == [.planReplays("b")])
        run.add(3...3, of: "b", .replay)
        #expect(run.advance() == [])
        run.becomes(.done, 3)
        #expect(run.advance() == [.settle("b"), .complete("b"), .endRun(failedShards: 0)])
    }

    @Test func `a new reign replays what a half-finished child rejected under the old one`() {
        var run = RunMachine(EntityNode("a", .settled), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "b", state: .done)
        run.add(3...3, of: "b")
        #expect(run.advancePreparing() == [.complete("a"), .prepare("b")])
        run.becomes(.done, 3)
        #expect(run.advance() == [.planReplays("b")])
        #expect(run.advance() == [.settle("b"), .complete("b"), .endRun(failedShards: 0)])
    }

    @Test func `replays that find their parents missing still are not planned for ever`() {
        var run = self.unfinished(.complete)
        run.becomes(.pending(notBefore: nil), 1)
        _ = run.advancePreparing()
        run.becomes(.done, 1)
        #expect(run.advance() == [.planReplays("b"), .settle("a")])
        run.add(5...5, of: "b", .replay)
        _ = run.advancePreparing()
        run.becomes(.failed, 5)
        #expect(run.advance() == [.planReplays("c"), .settle("b")])
        #expect(run.advance() == [.complete("b"), .endRun(failedShards: 1)])
    }

    @Test func `a grandchild waits for its parent's replays before its own`() {
        var run = RunMachine(
            EntityNode("a", .complete),
            EntityNode("b", after: ["a"], .complete),
            EntityNode("c", after: ["a", "b"], .complete)
        )
        run.add(1...1, of: "a", state: .failed)
        run.add(2...2, of: "b", state: .done)
        run.add(3...3, of: "c", state: .done)
        run.join(1, slots: 4)
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        run.becomes(.done, 1)
        #expect(run.advance() == [.planReplays("b"), .planReplays("c"), .settle("a")])
        run.add(4...4, of: "b", .replay)
        run.add(5...5, of: "c", .replay)
        #expect(run.advancePreparing() == [.complete("a"), .prepare("b")])
        #expect(run.grantedShards() == [4])
        run.becomes(.done, 4)
        #expect(run.advancePreparing() == [.settle("b"), .complete("b"), .prepare("c")])
        #expect(run.grantedShards() == [5])
    }

    @Test func `fills that are done or at work are done again once a deferred parent has healed`() {
        var run = RunMachine(EntityNode("a", .complete), EntityNode("b", fills: ["a"], .settled))
        run.add(1...1, of: "a", state: .failed)
        run.add(2...2, of: "b", state: .done)
        run.add(3...4, of: "b", .fill)
        run.join(1, slots: 4)
        #expect(run.advance() == [.fill("b")])
        #expect(run.grantedShards() == [3, 4])
        run.becomes(.done, 3)
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        run.becomes(.done, 1)
        #expect(run.advance() == [.refill("b"), .settle("a")])
        run.becomes(.pending(notBefore: nil), 3, 4)
        #expect(run.advance() == [.complete("a"), .fill("b")])
        #expect(run.entities.map(\.stage) == [.complete, .filling])
        // The one that was at work has lost its lease, and goes first.
        #expect(run.grantedShards() == [4, 3])
        run.becomes(.done, 3, 4)
        #expect(run.advance() == [.complete("b"), .endRun(failedShards: 0)])
    }

    @Test func `fills are not granted while a deferred parent is copied again`() {
        var run = RunMachine(EntityNode("a", .complete), EntityNode("b", fills: ["a"], .settled))
        run.add(1...1, of: "a", state: .failed)
        run.add(3...4, of: "b", .fill)
        #expect(run.advance() == [.fill("b")])
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advance() == [.prepare("a")])
        run.join(1, slots: 4)
        #expect(run.grantedShards() == [])
    }

    @Test func `rows a retry brought get their own deferred references`() {
        var run = RunMachine(EntityNode("a", fills: ["a"], .complete))
        run.add(1...1, of: "a", state: .failed)
        run.add(2...2, of: "a", .fill, state: .done)
        #expect(run.advance() == [.endRun(failedShards: 1)])
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        run.becomes(.done, 1)
        #expect(run.advance() == [.refill("a"), .settle("a")])
        run.becomes(.pending(notBefore: nil), 2)
        #expect(run.advance() == [.fill("a")])
        run.becomes(.done, 2)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a retried fill needs no copies and heals nobody`() {
        var run = RunMachine(EntityNode("a", fills: ["a"], .complete), EntityNode("b", after: ["a"], .complete))
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "a", .fill, state: .failed)
        run.add(3...3, of: "b", state: .done)
        #expect(run.advance() == [.endRun(failedShards: 1)])
        run.becomes(.pending(notBefore: nil), 2)
        #expect(run.advance() == [.fill("a")])
        run.becomes(.done, 2)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a run resumed after its end ends again`() {
        var run = self.unfinished(.settled)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 1)])
    }

    @Test func `an entity resumed with all its copies done is prepared and settles`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "b")
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.advance() == [.settle("a"), .complete("a"), .prepare("b")])
    }
}
