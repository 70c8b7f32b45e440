import ControlStore
import Coordinator
import MigrationPlan
import Postgres
import Scheduling
import Testing

@testable import godwit

@Suite struct RunScreenTests {
    @Test(arguments: [24, 40, 60, 80, 120, 200])
    func noEntitysLineIsWiderThanTheScreen(width: Int) {
        let lines = RunScreen(view: SampleRun.view(), width: width, height: nil).lines
        let wide = lines.map(\.text).filter { $0.hasPrefix("  ") && $0.count > width }
        #expect(wide.isEmpty)
        #expect(lines.allSatisfy { $0.rendered(width: width, colour: false).count <= width })
    }

    @Test(arguments: [4, 6, 8, 12])
    func theScreenIsNotTallerThanTheTerminal(height: Int) {
        let many = (0..<30)
            .map {
                SampleRun.entity(
                    "entity\($0)",
                    phase: "phase\($0 % 3)",
                    .copying,
                    estimated: 10,
                    migrated: 1,
                    rejected: 0
                )
            }
        let lines = RunScreen(view: SampleRun.view(entities: many), width: 80, height: height).lines
        #expect(lines.count <= height)
        #expect(lines.contains { $0.text.contains("more lines") })
    }

    @Test func whatIsOverGivesWayToWhatMovesWhereTheScreenIsShort() {
        let lines = RunScreen(view: SampleRun.view(), width: 80, height: 9).lines.map(\.text)
        #expect(lines.contains { $0.contains("orders") })
        #expect(!lines.contains { $0.contains("system_messages") })
    }

    @Test func figuresOfTheRunAndItsEntitiesAreShown() {
        let text = RunScreen(view: SampleRun.view(), width: 120, height: nil).lines.map(\.text)
        #expect(text[0] == "run #3 dispatch running  e6a3473e")
        #expect(text[1].contains("50.0k rows/s"))
        #expect(
            text.contains {
                $0.contains("offices") && $0.contains("100%") && $0.contains("58/60") && $0.contains("2 rejected")
            }
        )
        #expect(text.contains { $0.contains("orders") && $0.contains("46%") && $0.contains("700,000/1,500,000") })
        #expect(text.contains("rejects: orphan 1,236"))
    }

    @Test func aPauseAndItsReasonAreLoud() {
        let lines = RunScreen(view: SampleRun.view(status: .paused), width: 120, height: nil).lines
        let loud = lines.filter { $0.pieces.contains { $0.style == .loud } }.map(\.text)
        #expect(loud == ["PAUSED: the circuit breaker tripped; next: godwit resume 3"])
    }

    @Test func tooManyWorkersAreLoud() {
        var view = SampleRun.view()
        view.watchedFor = 1
        view.metrics?.isBudgetUsedUp = true
        let lines = RunScreen(view: view, width: 120, height: nil).lines
        let loud = lines.filter { $0.pieces.contains { $0.style == .loud } }.map(\.text)
        #expect(loud.count == 1)
        #expect(loud.first?.hasPrefix("TOO MANY WORKERS: ") == true)
        view.metrics?.isBudgetUsedUp = false
        #expect(view.alerts.isEmpty)
    }

    @Test func whoKeepsReadersOutOfTheSourceIsLoud() {
        var view = SampleRun.view()
        view.watchedFor = 1
        view.metrics?.waits = [
            TableWait(pid: 42, application: "psql", table: "public.jaw", statement: "ALTER TABLE jaw ADD x int")
        ]
        let lines = RunScreen(view: view, width: 300, height: nil).lines
        let loud = lines.filter { $0.pieces.contains { $0.style == .loud } }.map(\.text)
        #expect(
            loud == [
                "SOURCE BLOCKED: session 42 (psql) of the source waits to have public.jaw for itself: "
                    + "ALTER TABLE jaw ADD x int; let it wait for the run's end, or on the source: "
                    + "SELECT pg_cancel_backend(42)"
            ]
        )
        view.isLed = false
        #expect(!view.alerts.contains { $0.alert == .sourceBlocked })
    }

    @Test func aRunWithoutACoordinatorOrWorkersSaysWhatToStart() {
        let orphaned = RunScreen(view: SampleRun.view(isLed: false), width: 120, height: nil).lines.map(\.text)
        #expect(orphaned.contains { $0.hasPrefix("NO COORDINATOR") })
        let idle = RunScreen(view: SampleRun.view(), width: 120, height: nil).lines.map(\.text)
        #expect(idle.contains("NO WORKERS: start godwit worker"))
        var beginning = SampleRun.view()
        beginning.watchedFor = 1
        #expect(!RunScreen(view: beginning, width: 120, height: nil).lines.contains { $0.text.contains("NO WORKERS") })
    }

    @Test func aCancelledRunSaysWhyAndByWhom() {
        var view = SampleRun.view(status: .cancelled)
        view.report.run.statusReason = "wrong plan"
        view.report.run.statusBy = "ada@build-7"
        let lines = RunScreen(view: view, width: 120, height: nil).lines.map(\.text)
        #expect(lines.contains("CANCELLED: wrong plan, by ada@build-7"))
    }

    @Test func tooManyRejectsAreSaidInTheHeadlineAndBelow() {
        let orders = SampleRun.entity("orders", phase: "a", .complete, estimated: 10, migrated: 9, rejected: 1)
        var view = SampleRun.view(status: .completed, entities: [orders])
        #expect(view.standing == "completed")
        view.rejectLimit = .rows(0)
        let lines = RunScreen(view: view, width: 120, height: nil).lines.map(\.text)
        #expect(lines[0] == "run #3 dispatch ended with too many rejects  e6a3473e")
        #expect(lines.contains { $0.hasPrefix("TOO MANY REJECTS: 1 rejected row, more than rejects.max allows (0)") })
        let summary = RunSummaryText(view: view, width: nil).text
        #expect(summary.contains("has ended with too many rejects"))
        #expect(summary.contains("more than rejects.max allows"))
    }

    @Test func aRunUnderTwoSnapshotsSaysTheNextStep() {
        var view = SampleRun.view(status: .completed)
        view.report.run.isMixed = true
        let text = RunScreen(view: view, width: 500, height: nil).lines.map(\.text).joined(separator: "\n")
        #expect(text.contains("godwit retry --entity E --force --run 3"))
        #expect(RunSummaryText(view: view, width: nil).text.contains("godwit retry --entity E --force --run 3"))
    }

    @Test func rowsOfFailedShardsAreInTheFinalTable() {
        var failed = SampleRun.entity(
            "orders",
            phase: "a",
            .complete,
            estimated: 20_000,
            migrated: 19_971,
            rejected: 28,
            failed: 1
        )
        failed.failedRows = 1
        let view = SampleRun.view(status: .completed, entities: [failed])
        let lines = RunSummaryText(view: view, width: nil).text.split(separator: "\n").map(String.init)
        let cells = lines.map { $0.split(separator: " ").map(String.init) }
        #expect(cells[0].prefix(6) == ["entity", "source", "migrated", "rejected", "filtered", "failed"])
        #expect(cells[1].prefix(6) == ["orders", "20,000", "19,971", "28", "0", "~1"])
        #expect(cells[2].prefix(6) == ["total", "20,000", "19,971", "28", "0", "~1"])
        #expect(lines.contains("run #3 dispatch (e6a3473e) has ended with 1 failed shard"))
        let screen = RunScreen(view: view, width: 120, height: nil).lines.map(\.text)
        #expect(screen[0] == "run #3 dispatch ended with 1 failed shard  e6a3473e")
        #expect(screen.contains { $0.contains("19,971/20,000") })
    }

    @Test func theTimeOfARunIsThatInWhichItWasWorkedOn() {
        var view = SampleRun.view(status: .completed, after: 52)
        #expect(view.elapsed == 52)
        view.metrics?.activeSeconds = 1.5
        #expect(view.elapsed == 1.5)
        view.workSeconds = [EntityName(rawValue: "offices"): 0.5]
        #expect(view.seconds(of: view.report.entities[0]) == 0.5)
        #expect(view.seconds(of: view.report.entities[1]) == 52)
    }

    @Test func anEntityWithAFailedShardIsNotShownAsWhole() {
        let failed = SampleRun.entity(
            "jaws",
            phase: "a",
            .complete,
            estimated: 100,
            migrated: 40,
            rejected: 0,
            failed: 1
        )
        let lines = RunScreen(view: SampleRun.view(entities: [failed]), width: 120, height: nil).lines.map(\.text)
        #expect(lines.contains { $0.contains("jaws") && $0.contains(" 40%") && $0.contains("1 failed") })
        #expect(lines.contains { $0.contains("godwit retry --failed") })
    }
}
