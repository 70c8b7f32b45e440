import Testing

@testable import Scheduling

@Suite struct EntityOrderTests {
    @Test func `an entity starts when all it refers to have settled`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b"), EntityNode("c", after: ["a", "b"]))
        run.add(1...1, of: "a")
        run.add(2...2, of: "b")
        run.add(3...3, of: "c")
        run.join(1, slots: 4)
        #expect(run.advance() == [.prepare("a"), .prepare("b")])
        #expect(run.grantedShards() == [])
        run.prepared("a")
        #expect(run.grantedShards() == [1])
        run.prepared("b")
        #expect(run.grantedShards() == [2])
        run.becomes(.done, 1)
        #expect(run.advance() == [.settle("a"), .complete("a")])
        #expect(run.grantedShards() == [])
        run.becomes(.done, 2)
        #expect(run.advance() == [.settle("b"), .complete("b"), .prepare("c")])
        run.prepared("c")
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.settle("c"), .complete("c"), .endRun(failedShards: 0)])
        #expect(run.advance() == [])
    }

    @Test func `a failed shard settles its entity and is counted at the end`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", after: ["a"]))
        run.add(1...2, of: "a")
        #expect(run.advancePreparing() == [.prepare("a")])
        run.becomes(.failed, 1)
        #expect(run.advance() == [])
        run.becomes(.done, 2)
        #expect(run.advancePreparing() == [.settle("a"), .complete("a"), .prepare("b")])
        #expect(run.advance() == [.settle("b"), .complete("b"), .endRun(failedShards: 1)])
        #expect(run.failedShards == [1])
    }

    @Test func `the phase barrier holds back an entity that refers to nothing`() {
        let nodes = [EntityNode("a"), EntityNode("b", phase: 1)]
        var free = RunMachine(entities: nodes, limits: GrantLimits())
        var strict = RunMachine(entities: nodes, limits: GrantLimits(phaseBarrier: true))
        free.add(1...1, of: "a")
        strict.add(1...1, of: "a")
        #expect(free.advance() == [.prepare("a"), .prepare("b")])
        #expect(strict.advancePreparing() == [.prepare("a")])
        strict.becomes(.done, 1)
        #expect(strict.advance() == [.settle("a"), .complete("a"), .prepare("b")])
    }

    @Test func `a run without entities ends at once, and once`() {
        var run = RunMachine()
        #expect(run.advance() == [.endRun(failedShards: 0)])
        #expect(run.advance() == [])
    }

    @Test func `an answer to a preparation that was not asked for changes nothing`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a")
        _ = run.advancePreparing()
        run.prepared("b")
        run.prepared("unknown")
        #expect(run.entities.map(\.stage) == [.copying, .waiting])
    }

    @Test func `fills wait for all deferred parents, itself included`() {
        var run = RunMachine(EntityNode("a", fills: ["a", "b"]), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a")
        run.add(2...2, of: "a", .fill, weight: 9)
        run.add(3...3, of: "b")
        run.join(1, slots: 4)
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.grantedShards() == [1])
        run.becomes(.done, 1)
        #expect(run.advancePreparing() == [.settle("a"), .prepare("b")])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.settle("b"), .complete("b"), .fill("a")])
        #expect(run.grantedShards() == [2])
        run.becomes(.done, 2)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }
}
