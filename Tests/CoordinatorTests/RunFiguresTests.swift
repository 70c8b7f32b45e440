import ControlProtocol
import Scheduling
import Testing

@testable import Coordinator

@Suite struct RunFiguresTests {
    private let start = ContinuousClock.now
    private let workers = [Incarnation.random(), .random()]

    private func counters(_ rows: Int) -> WorkerCounters {
        var counters = WorkerCounters()
        counters.rowsRead = rows
        counters.readSeconds = Double(rows) / 100
        return counters
    }

    private func at(_ seconds: Int) -> ContinuousClock.Instant { self.start + .seconds(seconds) }

    @Test func `totals add the latest figures of every worker`() {
        var figures = RunFigures()
        figures.saw(self.workers[0], self.counters(100), at: self.at(0))
        figures.saw(self.workers[1], self.counters(40), at: self.at(1))
        figures.saw(self.workers[0], self.counters(150), at: self.at(2))
        #expect(figures.total(\.rowsRead) == 190)
        #expect(figures.seconds(\.readSeconds) == 1.9)
    }

    @Test func `the rate is that of the last seconds`() {
        var figures = RunFigures()
        #expect(figures.rowsPerSecond(now: self.at(0)) == 0)
        figures.saw(self.workers[0], self.counters(0), at: self.at(0))
        #expect(figures.rowsPerSecond(now: self.at(0)) == 0)
        figures.saw(self.workers[0], self.counters(1000), at: self.at(10))
        #expect(figures.rowsPerSecond(now: self.at(10)) == 100)
        figures.saw(self.workers[0], self.counters(1100), at: self.at(20))
        #expect(figures.rowsPerSecond(now: self.at(20)) == 10)
    }

    @Test func `the rate falls while nobody reports`() {
        var figures = RunFigures()
        figures.saw(self.workers[0], self.counters(0), at: self.at(0))
        figures.saw(self.workers[0], self.counters(1000), at: self.at(10))
        #expect(figures.rowsPerSecond(now: self.at(20)) == 50)
    }

    @Test func `a worker that joins with rows behind it is no throughput`() {
        var figures = RunFigures()
        figures.saw(self.workers[0], self.counters(0), at: self.at(0))
        figures.saw(self.workers[1], self.counters(1_000_000), at: self.at(5))
        figures.saw(self.workers[0], self.counters(100), at: self.at(10))
        #expect(figures.rowsPerSecond(now: self.at(10)) == 10)
    }

    @Test func `the rate is nothing once everybody has been silent for long`() {
        var figures = RunFigures()
        figures.saw(self.workers[0], self.counters(0), at: self.at(0))
        figures.saw(self.workers[0], self.counters(1000), at: self.at(10))
        #expect(figures.rowsPerSecond(now: self.at(60)) == 0)
    }
}

extension RunFiguresTests {
    @Test func `counters that jump up and down add up to no trap`() {
        var figures = RunFigures()
        let worker = Incarnation.random()
        for round in 0..<10_000 {
            var counters = WorkerCounters()
            counters.rowsRead = round.isMultiple(of: 2) ? 0 : 1 << 51
            figures.saw(worker, counters, at: .now)
        }
        for _ in 0..<10_000 {
            var counters = WorkerCounters()
            counters.rowsRead = 1 << 51
            figures.saw(.random(), counters, at: .now)
        }
        #expect(figures.total(\.rowsRead) == .max)
        #expect(figures.rowsPerSecond(now: .now) >= 0)
    }
}
