import FoundationEssentials
import MigrationPlan
import Testing

@Suite struct PlanLoaderTests {

    @Test func aFullPlanHasNoErrors() throws {
        let loaded = PlanLoader.load(text: PlanSample.full, file: "p.yaml")
        #expect(
            loaded.report.text == """
                p.yaml:32:7: note: orders.parent_id is filled in a second pass: it refers to its own table [deferred-reference]
                p.yaml:42:5: note: `differential:` is checked for form only: this version makes initial runs [not-evaluated]
                p.yaml:44:5: note: business rules are checked for form only: this version does not evaluate them \
                [not-evaluated]
                p.yaml:46:5: note: metrics are checked for form only: this version does not compare them [not-evaluated]
                4 notes

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

    private static let entity = """
        entities:
          a: { from: a, to: a, tag: 1 }

        """

    @Test func aThrottleIsReadAndWhatIsNoLimitIsFound() throws {
        let run = """
            run:
              throttle: { rows: 20000/s, bytes: 10MiB/s, sessions: { source: 0 }, replication_lag: 10s, wal: 1GB/s }

            """
        let loaded = PlanLoader.load(text: PlanSample.header + run + Self.entity, file: "p.yaml")
        let throttle = try #require(loaded.plan?.run.throttle)
        #expect(
            throttle
                == RunSettings.Throttle(
                    rowsPerSecond: 20_000,
                    bytesPerSecond: 10 << 20,
                    sourceSessions: 0,
                    replicationLag: .seconds(10),
                    walBytesPerSecond: 1_000_000_000
                )
        )
        let wrong = """
            run:
              throttle: { rows: 20000, bytes: 5/s, replication_lag: soon, sessions: 4 }

            """
        let report = PlanLoader.load(text: PlanSample.header + wrong + Self.entity, file: "p.yaml").report.text
        #expect(report.contains("as in `20000/s`"))
        #expect(report.contains("as in `10MiB/s`"))
        #expect(report.contains("as in `64MiB` or `10s`"))
        #expect(report.contains("4 errors"))
    }

    @Test func rebuildingIsReadAndHasItsBounds() throws {
        let run = """
            run: { rebuild: never, maintenance_work_mem: 1GiB }
            entities:
              a: { from: a, to: a, tag: 1, rebuild: always }
              b: { from: b, to: b, tag: 2 }

            """
        let plan = try #require(PlanLoader.load(text: PlanSample.header + run, file: "p.yaml").plan)
        #expect(plan.run.rebuild == .never)
        #expect(plan.run.maintenanceWorkMemory == 1 << 30)
        #expect(plan.entities.map(\.rebuild) == [.always, nil])
        let wrong = "run: { rebuild: often, maintenance_work_mem: 64KiB }\n"
        let report = PlanLoader.load(text: PlanSample.header + wrong + Self.entity, file: "p.yaml").report.text
        #expect(report.contains("allowed: auto, always, never"), "\(report)")
        #expect(report.contains("a size from 1MiB to 1024GiB"), "\(report)")
        #expect(report.contains("2 errors"), "\(report)")
    }

    /// The reference shows every key once, so only the entities and phases that it leaves out are missed.
    @Test func theExampleOfThePlanReferenceIsRead() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(decoding: Data(contentsOf: root.appending(path: "docs/plan.md")), as: UTF8.self)
        let blocks = page.split(separator: "```", omittingEmptySubsequences: false)
        let example = try #require(blocks.first { $0.hasPrefix("yaml\n") }).dropFirst("yaml\n".count)
        let loaded = PlanLoader.load(text: String(example), file: "plan.md")
        #expect(
            Set(loaded.findings.filter { $0.severity == .error }.map(\.code)) == ["unknown-entity"],
            "\(loaded.report.text)"
        )
        for finding in loaded.findings {
            #expect(page.contains("`\(finding.code)`"))
        }
    }

    @Test func aHashIsTheSHA256OfTheText() {
        #expect(PlanHash.hex(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(PlanHash.tag(for: "abc") == 0xBA7)
    }

    @Test(arguments: [("22:00-05:00", 1_320, 300), ("9:30 – 17:05", 570, 1_025)])
    func windowsTakeADashOrAHyphen(text: String, start: Int, end: Int) throws {
        let plan = PlanSample.header + "run: { window: \(text) }\nentities: { a: { from: a, to: a, tag: 0 } }\n"
        let loaded = PlanLoader.load(text: plan, file: "p")
        #expect(loaded.findings == [])
        #expect(loaded.plan?.run.window == TimeWindow(start: start, end: end))
    }

    @Test func rowsOfAReportKeepEverythingAFindingSays() {
        let rows = PlanLoader.load(text: PlanSample.header + "runn: 1", file: "p.yaml").report.rows
        #expect(rows.map(\.code) == ["empty-plan", "unknown-key"])
        #expect(rows[1].line == 4)
        #expect(rows[1].column == 1)
        #expect(rows[1].hint?.hasPrefix("did you mean `run`?") == true)
    }
}
