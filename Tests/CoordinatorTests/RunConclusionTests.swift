import ControlStore
import MigrationPlan
import Scheduling
import Testing

@testable import Coordinator

@Suite struct RunConclusionTests {
    private func summary(
        failed: Int = 0,
        rejected: Int = 0,
        of eligible: Int = 100,
        filtered: Int = 0,
        isMixed: Bool = false,
        off: [SuspendedRecord] = [],
        limit: RunSettings.RejectLimit? = nil
    ) -> RunSummary {
        let totals = ShardCounters(
            sourceRows: eligible + filtered,
            migrated: eligible - rejected,
            rejected: rejected,
            filtered: filtered
        )
        return RunConclusion(
            failedShards: failed,
            totals: totals,
            isMixed: isMixed,
            off: off,
            run: 7,
            limit: limit
        )
        .summary
    }

    @Test func `a run without shortfalls is done and says what it moved`() {
        #expect(self.summary(rejected: 3, filtered: 9).outcome == .done)
        #expect(self.summary(rejected: 3, filtered: 9).message == "97 rows migrated, 3 rejected, 9 filtered")
    }

    @Test func `a run that has left something off is not done, and names it`() {
        func index(_ number: Int64) -> SuspendedRecord {
            SuspendedRecord(
                id: number,
                run: .random(),
                entity: EntityName(rawValue: "orders"),
                kind: "index",
                table: "public.orders",
                name: "by_\(number)",
                steps: [RestoreStep(.index, "CREATE INDEX")]
            )
        }
        let one = self.summary(off: [index(1)])
        #expect(one.outcome == .incomplete)
        #expect(
            one.message == "off since the load: index by_1 of public.orders; see `godwit constraints restore 7`"
        )
        #expect(self.summary(off: (1...6).map(index)).message.contains("index by_5 of public.orders and 1 more;"))
    }

    @Test func `any number of rejects is done where the plan sets no limit`() {
        #expect(self.summary(rejected: 100).outcome == .done)
    }

    @Test func `a limit in rows allows as many, not one more`() {
        #expect(self.summary(rejected: 5, limit: .rows(5)).outcome == .done)
        #expect(self.summary(rejected: 6, limit: .rows(5)).outcome == .incomplete)
        #expect(self.summary(rejected: 1, limit: .rows(0)).outcome == .incomplete)
    }

    @Test func `a limit as a share counts rows that were not filtered on purpose`() {
        #expect(self.summary(rejected: 5, limit: .share(0.05)).outcome == .done)
        #expect(self.summary(rejected: 6, limit: .share(0.05)).outcome == .incomplete)
        #expect(self.summary(rejected: 6, filtered: 900, limit: .share(0.05)).outcome == .incomplete)
        #expect(self.summary(of: 0, filtered: 9, limit: .share(0)).outcome == .done)
        #expect(self.summary(rejected: 1, limit: .share(0)).outcome == .incomplete)
    }

    @Test func `failed shards and a mixed snapshot leave a run incomplete, and every shortfall is named`() {
        #expect(self.summary(failed: 1).outcome == .incomplete)
        #expect(self.summary(isMixed: true).outcome == .incomplete)
        let message = self.summary(failed: 2, rejected: 9, isMixed: true, limit: .rows(1)).message
        #expect(message.contains("2 failed shards"))
        #expect(message.contains("9 rejected rows"))
        #expect(message.contains("more than one snapshot"))
    }
}
