import ControlStore
import Scheduling
import Testing

@testable import godwit

@Suite struct PlainProgressTests {
    @Test func aLineComesEveryTenSecondsAndWithEveryCompletion() {
        var progress = PlainProgress()
        let first = progress.lines(for: SampleRun.view(after: 1))
        #expect(first.first == "offices complete: 58 of 60 rows migrated, 2 rejected in 2.0s")
        #expect(first.contains { $0.hasPrefix("run #3 dispatch running: ") })
        #expect(progress.lines(for: SampleRun.view(after: 5)).isEmpty)
        let later = progress.lines(for: SampleRun.view(after: 11))
        #expect(later.count == 2 && later[0].hasPrefix("run #3"))
        var done = SampleRun.view(after: 12)
        done.report.entities[1].stage = .complete
        #expect(progress.lines(for: done).last == "phase foundation complete")
    }

    @Test func aPauseIsSaidAtOnce() {
        var progress = PlainProgress()
        _ = progress.lines(for: SampleRun.view(after: 1))
        let lines = progress.lines(for: SampleRun.view(status: .paused, after: 2))
        #expect(lines.last == "PAUSED: the circuit breaker tripped; next: godwit resume 3")
    }
}
