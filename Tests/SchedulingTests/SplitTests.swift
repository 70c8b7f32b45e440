import Testing

@testable import Scheduling

@Suite struct SplitTests {
    private let policy = RetryPolicy(attempts: 3, delay: .seconds(2))

    private func decision(_ counted: Int, isDivisible: Bool, _ failure: FailureClass = .rows) -> RetryPolicy.Decision {
        self.policy.decision(
            after: failure,
            countedAttempts: counted,
            streak: 1,
            jitter: 1,
            isDivisible: isDivisible
        )
    }

    private func half(_ id: Int, _ range: KeyRange, of origin: ShardID, _ kind: ShardKind = .copy) -> ShardEntry {
        ShardEntry(
            id: ShardID(integerLiteral: id),
            entity: "a",
            kind: kind,
            range: range,
            weight: 1,
            state: .pending(notBefore: nil),
            origin: origin
        )
    }

    @Test func `a shard is halved when its attempts are used up, and fails where there is nothing to halve`() {
        #expect(self.decision(2, isDivisible: true) == .retry(after: .seconds(4), countsAsAttempt: true))
        #expect(self.decision(3, isDivisible: true) == .split)
        #expect(self.decision(3, isDivisible: true, .fault) == .split)
        #expect(self.decision(3, isDivisible: false) == .fail)
    }

    @Test(arguments: [FailureClass.surroundings, .cancelled, .leaseLost, .snapshotLost, .schema])
    func `nothing else halves a shard`(_ failure: FailureClass) {
        #expect(self.decision(9, isDivisible: true, failure) != .split)
        #expect(self.decision(9, isDivisible: true, failure) != .fail)
    }

    @Test func `halves cover a range exactly`() throws {
        let range = KeyRange(lower: 10, upper: 20)
        let halves = try #require(range.halves(at: 15))
        #expect(halves.first == KeyRange(lower: 10, upper: 15))
        #expect(halves.second == KeyRange(lower: 15, upper: 20))
        #expect(range.halves(at: 10) == nil)
        #expect(range.halves(at: 20) == nil)
        #expect(range.halves(at: 9) == nil)
        let open = try #require(KeyRange(lower: nil, upper: nil).halves(at: 0))
        #expect(open.first == KeyRange(lower: nil, upper: 0))
        #expect(open.second == KeyRange(lower: 0, upper: nil))
        #expect(KeyRange(lower: nil, upper: nil).halves(at: .min) == nil)
        #expect(KeyRange(lower: 7, upper: 8).halves(at: 7) == nil)
        #expect(KeyRange(lower: 7, upper: 8).halves(at: 8) == nil)
    }

    @Test(arguments: [
        (KeyRange(lower: 7, upper: 8), true), (KeyRange(lower: 7, upper: 9), false),
        (KeyRange(lower: nil, upper: 8), false), (KeyRange(lower: 7, upper: nil), false),
        (KeyRange(lower: .max, upper: nil), false), (KeyRange(lower: .max - 1, upper: .max), true),
    ])
    func `a single key is told from a range`(_ range: KeyRange, _ isSingle: Bool) {
        #expect(range.isSingleKey == isSingle)
    }

    @Test func `halves take the place of their shard, and the run ends with the one key that fails`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a")
        run.add(9...9, of: "b")
        run.join(1, slots: 4)
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.grantedShards() == [1])
        #expect(run.isDivisible(1))
        run.add(self.half(2, KeyRange(lower: nil, upper: 5), of: 1))
        run.add(self.half(3, KeyRange(lower: 5, upper: 6), of: 1))
        run.becomes(.split, 1)
        #expect(run.advance() == [])
        #expect(run.grantedShards() == [2, 3])
        #expect(run.isDivisible(2))
        #expect(run.isDivisible(3) == false)
        run.becomes(.done, 2)
        #expect(run.advance() == [])
        run.becomes(.failed, 3)
        #expect(run.failedShards == [3])
        #expect(run.advancePreparing() == [.settle("a"), .complete("a"), .prepare("b")])
        #expect(run.grantedShards() == [9])
        run.becomes(.done, 9)
        #expect(run.advance() == [.settle("b"), .complete("b"), .endRun(failedShards: 1)])
        run.becomes(.pending(notBefore: nil), 3)
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.planReplays("b"), .settle("a")])
    }

    @Test func `a split shard holds no lease and counts neither as open nor as failed`() {
        var run = RunMachine(EntityNode("a"))
        run.add(1...1, of: "a")
        run.join(1, slots: 1)
        _ = run.advancePreparing()
        #expect(run.grantedShards() == [1])
        run.becomes(.split, 1)
        #expect(run.leasedShards == [])
        #expect(run.failedShards == [])
        #expect(run.advance() == [.settle("a"), .complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a fault of every row is not halved for ever`() {
        var run = RunMachine(EntityNode("a"))
        run.add(1...1, of: "a")
        var id = 1
        var open: [ShardID] = [1]
        var failed = 0
        while let shard = open.popLast() {
            guard run.isDivisible(shard) else {
                run.becomes(.failed, shard)
                failed += 1
                continue
            }
            for _ in 1...2 {
                id += 1
                run.add(self.half(id, KeyRange(lower: nil, upper: nil), of: 1))
                open.append(ShardID(integerLiteral: id))
            }
            run.becomes(.split, shard)
        }
        #expect(failed == RunMachine.maximumSplits + 1)
        #expect(run.failedShards.count == failed)
    }

    @Test func `halvings before a restart count after it`() {
        var run = RunMachine(EntityNode("a"))
        run.add(1...1, of: "a", state: .split)
        for id in 2...RunMachine.maximumSplits {
            var entry = self.half(id, KeyRange(lower: nil, upper: nil), of: 1)
            entry.state = .split
            run.add(entry)
        }
        run.add(self.half(1000, KeyRange(lower: nil, upper: nil), of: 1))
        run.add(1001...1001, of: "a")
        #expect(run.isDivisible(1000) == false)
        #expect(run.isDivisible(1001))
    }
}
