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

    @Test func whatARunLooksLikeBeforeItIsTakenUpIsNoNews() {
        var before = SampleRun.view(status: .paused, isLed: false, after: 1)
        before.report.run.pauseCause = .shardsRetried
        var progress = PlainProgress()
        #expect(progress.lines(for: before).isEmpty)
        before.isLed = true
        #expect(progress.lines(for: before).isEmpty)
        let lines = progress.lines(for: SampleRun.view(after: 2))
        #expect(lines.first?.hasPrefix("run #3 dispatch running: ") == true)
        #expect(!lines.contains { $0.contains("offices") })
        var done = SampleRun.view(after: 3)
        done.report.entities[1].stage = .complete
        #expect(progress.lines(for: done).first == "orders complete: 700,000 of 701,234 rows migrated, 1,234 rejected")
    }

    @Test func anEntityWithAFailedShardIsNotComplete() {
        var failed = SampleRun.entity(
            "jaws",
            phase: "a",
            .complete,
            estimated: 100,
            migrated: 40,
            rejected: 0,
            failed: 1
        )
        failed.failedRows = 60
        var progress = PlainProgress()
        let lines = progress.lines(for: SampleRun.view(status: .completed, entities: [failed], after: 2))
        #expect(lines.first == "jaws ended: 40 of 100 rows migrated, about 60 in 1 failed shard in 2.0s")
        #expect(lines.last?.hasPrefix("run #3 dispatch ended with 1 failed shard: 40%") == true)
    }

    @Test func aPauseIsSaidAtOnce() {
        var progress = PlainProgress()
        _ = progress.lines(for: SampleRun.view(after: 1))
        let lines = progress.lines(for: SampleRun.view(status: .paused, after: 2))
        #expect(lines.last == "PAUSED: the circuit breaker tripped; next: godwit resume 3")
    }
}
