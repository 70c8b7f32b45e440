import MigrationPlan
import Testing

@Suite struct PlanLoaderTests {

    @Test func aFullPlanHasNoErrors() throws {
        let loaded = PlanLoader.load(text: PlanSample.full, file: "p.yaml")
        #expect(
            loaded.report.text == """
                p.yaml:32:7: note: orders.parent_id is filled in a second pass: it refers to its own table [deferred-reference]
                1 note

                """
        )
        let plan = try #require(loaded.plan)
        #expect(plan.hash == PlanHash.hex(of: PlanSample.full))
        #expect(plan.run.retryDelay == .milliseconds(500))
        #expect(plan.run.window == TimeWindow(start: 22 * 60, end: 5 * 60))
        #expect(plan.run.maximumRejects == .share(0.02))
        #expect(plan.run.memoryThreshold == 64 << 20)
        let orders = try #require(plan.entity(named: "orders"))
        #expect(orders.columns.map(\.name) == ["number", "parent_id", "subject_id", "status", "context", "origin"])
        #expect(orders.columns[0].value == .copy(column: "order_no"))
        guard case .map(let map) = orders.columns[3].value else {
            Issue.record("status is no map")
            return
        }
        #expect(map.table == ["1": "draft", "2": "submitted", "9": nil])
        #expect(map.otherwise == .value("other"))
        #expect(map.null == "draft")
    }

    @Test(arguments: [
        ("", "p.yaml:1:1: error: the plan is empty [empty-plan]\n1 error\n"),
        ("just text", "p.yaml:1:1: error: the plan must be a mapping, not `just text` [wrong-type]\n1 error\n"),
    ])
    func whatIsNoPlanIsRefused(text: String, report: String) {
        #expect(PlanLoader.load(text: text, file: "p.yaml").report.text == report)
    }
}
