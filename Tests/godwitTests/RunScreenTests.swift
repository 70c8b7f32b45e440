import ControlStore
import Coordinator
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
