import FoundationEssentials
import Testing

@testable import Scheduling

/// `SIMULATION_SEEDS` sets how many seeds are tried, `SIMULATION_SEED` replays one and prints what happened;
/// `scripts/simulate` does both in an optimised build.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 1000
    private static let replayed = Self.environment["SIMULATION_SEED"].flatMap(UInt64.init)
    private static let first =
        Self.environment["SIMULATION_FIRST"].flatMap(UInt64.init) ?? UInt64.random(in: 0...(UInt64.max >> 1))
    private static let parts: UInt64 = 4

    @Test(.enabled(if: Self.replayed == nil), arguments: 0..<Self.parts)
    func `every run ends, whole, whatever fails on the way`(_ part: UInt64) {
        var events = 0
        var seconds = 0.0
        var fences = 0
        var staleWrites = 0
        var failures = 0
        var yields = 0
        for seed in stride(from: Self.first + part, to: Self.first + Self.count, by: Int(Self.parts)) {
            let simulation = Simulation(Scenario(seed: seed))
            let violations = simulation.run()
            events += simulation.handledEvents
            seconds += simulation.now
            fences += simulation.schema.fencesRefused
            staleWrites += simulation.schema.staleWrites
            yields += simulation.schema.yields
            guard !violations.isEmpty else { continue }
            failures += 1
            if failures <= 5 { Issue.record("\(violations); replay it with: scripts/simulate --seed \(seed)") }
        }
        print(
            """
            SimulationTests: seeds \(Self.first + part), +\(Self.parts) … of \(Self.count): \(failures) violations, \
            \(events) events, \(Int(seconds / 3600)) hours, \(fences) zombies fenced off, \(staleWrites) stale writes refused, \
            \(yields) rests left to others
            """
        )
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

    @Test(.enabled(if: Self.replayed == nil), arguments: PlantedFault.allCases)
    func `a planted fault is found`(_ fault: PlantedFault) {
        let found = (UInt64(0)..<2000)
            .first { seed in
                Simulation(Scenario(seed: seed, planted: fault)).run().contains { $0.contains(fault.complaint) }
            }
        #expect(found != nil)
        print("SimulationTests: \(fault) is found by seed \(found.map(String.init) ?? "none")")
    }

    @Test(.enabled(if: Self.replayed == nil))
    func `thousands of workers end a run`() {
        let simulation = Simulation(Scenario(seed: 1, workers: 2000, shards: 5000))
        #expect(simulation.run() == [])
        print("SimulationTests: 2,000 workers, 5,000 shards: \(simulation.handledEvents) events, \(simulation.now) s")
    }
}
