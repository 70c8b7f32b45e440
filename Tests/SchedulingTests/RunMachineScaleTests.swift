import Testing

@testable import Scheduling

/// 100,000 shards and 2,000 workers; the figures are printed, not judged: they depend on the machine and its load.
@Suite struct RunMachineScaleTests {
    @Test func `a large run is granted, pinged and finished`() {
        let clock = ContinuousClock()
        let shards = 100_000
        let workers = 2_000
        var run = RunMachine(EntityNode("a", fills: ["a"]))
        run.add(1...shards, of: "a")
        run.add(shards + 1...2 * shards, of: "a", .fill)
        _ = run.advancePreparing()
        for worker in 1...workers { run.join(Incarnation(worker), slots: 4) }

        var slowest = Duration.zero
        var granting = Duration.zero
        var changing = Duration.zero
        var pinging = Duration.zero
        var granted = 0
        var nextWorker = 0
        while granted < 20_000 {
            var grants: [RunMachine.Grant] = []
            let grantTime = clock.measure { grants = run.grants(now: .at(0)) }
            #expect(!grants.isEmpty)
            granted += grants.count
            granting += grantTime
            slowest = max(slowest, grantTime)
            changing += clock.measure {
                for grant in grants { run.lease(grant.shard, grant.worker) }
                // A tenth fails for a while, the rest ends.
                for grant in grants {
                    let isDelayed = grant.shard.rawValue % 10 == 0
                    run.shardChanged(grant.shard, to: isDelayed ? .pending(notBefore: .at(60)) : .done)
                }
                _ = run.advance()
            }
            pinging += clock.measure {
                for _ in 0..<200 {
                    nextWorker = nextWorker % workers + 1
                    _ = run.ping(Incarnation(nextWorker), slots: 4)
                }
            }
        }
        let perSecond = Double(granted) / ((granting + changing) / .seconds(1))
        print(
            "RunMachineScaleTests: \(Int(perSecond)) grants/s with their ends; slowest batch \(slowest);",
            terminator: " "
        )
        print("\(pinging / (granted / 200) / 200) a ping; \(run.tallies[0].copies)")
        #expect(run.tallies[0].copies.done == granted / 10 * 9)
        #expect(run.leasedShards.isEmpty)
    }
}
