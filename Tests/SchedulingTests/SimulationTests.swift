import FoundationEssentials
import Testing

@testable import Scheduling

/// `SIMULATION_SEEDS` sets how many seeds are tried, `SIMULATION_SEED` replays one and prints what happened.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 1000
    private static let replayed = Self.environment["SIMULATION_SEED"].flatMap(UInt64.init)
    private static let first = UInt64.random(in: 0...(UInt64.max >> 1))
    private static let parts: UInt64 = 4

    @Test(arguments: 0..<Self.parts)
    func `every run ends, whole, whatever fails on the way`(_ part: UInt64) {
        guard Self.replayed == nil else { return }
        var events = 0
        var seconds = 0.0
        for seed in stride(from: Self.first + part, to: Self.first + Self.count, by: Int(Self.parts)) {
            let simulation = Simulation(Scenario(seed: seed))
            let violations = simulation.run()
            events += simulation.handledEvents
            seconds += simulation.now
            if !violations.isEmpty { Issue.record("\(violations); replay it with SIMULATION_SEED=\(seed)") }
        }
        print("SimulationTests: \(Self.count / Self.parts) seeds from \(Self.first + part):", terminator: " ")
        print("\(events) events, \(Int(seconds / 3600)) hours")
    }

    @Test(.enabled(if: Self.replayed != nil))
    func `the seed asked for is replayed`() throws {
        let simulation = Simulation(Scenario(seed: try #require(Self.replayed)))
        simulation.isTracing = true
        let violations = simulation.run()
        print(simulation.trace.joined(separator: "\n"))
        #expect(violations == [])
    }

    @Test func `the same seed gives the same run`() {
        let traces = (0..<2)
            .map { _ in
                let simulation = Simulation(Scenario(seed: 7))
                simulation.isTracing = true
                _ = simulation.run()
                return simulation.trace
            }
        #expect(traces[0].count > 100)
        #expect(traces[0] == traces[1])
    }

    @Test func `a commit without the fence is found out`() {
        let found = (UInt64(0)..<500)
            .first { seed in
                var scenario = Scenario(seed: seed)
                scenario.hasFence = false
                scenario.workers = 3
                scenario.faults.end = 100
                scenario.faults.misfortuneInterval = 10
                return Simulation(scenario).run().contains { $0.contains("twice") }
            }
        #expect(found != nil)
        print("SimulationTests: without the fence seed \(found ?? 0) fails")
    }
}
