import ControlStore
import MigrationPlan
import Testing

@testable import godwit

@Suite struct CommandFailureTests {
    @Test(arguments: [
        (ControlStoreError.Code.notFound, godwit.ExitStatus.usage), (.ambiguous, .usage), (.refused, .failed),
        (.notInstalled, .failed), (.database, .failed),
    ])
    func whatTheControlSchemaSaysHasItsExitStatus(code: ControlStoreError.Code, status: godwit.ExitStatus) {
        #expect(CommandFailure(ControlStoreError(code, "text")).status == status)
    }

    @Test func aKilledCoordinatorIsNotSilent() {
        #expect(ExitStatusOfChild(137).failure.status == .failed)
        #expect(ExitStatusOfChild(137).failure.message.contains("resume"))
        #expect(ExitStatusOfChild(2).failure.status == .incomplete)
        #expect(ExitStatusOfChild(2).failure.message.isEmpty)
    }

    @Test func anInvalidPlanWeighsMoreThanAnUnreachableDatabase() {
        var examined = ExaminedPlan(PlanLoader.load(text: "version: 1\nname: x\n", file: "plan.yaml"))
        var source = ExaminedPlan.Database(side: "source")
        source.error = "connection refused"
        examined.databases = [source, ExaminedPlan.Database(side: "target")]
        #expect(examined.status == .invalidPlan)
        let report = CheckReport(examined)
        #expect(!report.passes)
        #expect(report.databases[0].error == "connection refused")
        #expect(report.findings.contains { $0.code == "missing-key" })
        examined.findings = []
        #expect(examined.status == .unavailable)
        #expect(!CheckReport(examined).passes)
    }
}
