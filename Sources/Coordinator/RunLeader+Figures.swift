import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import MigrationPlan
import Observability
import RowPipeline
import Scheduling

extension RunLeader {
    /// Writes the run's figures into the control schema, where the display and `godwit status` read them, and trips the
    /// circuit breaker where the plan's rate of rejects is exceeded.
    func recordFigures() async throws {
        let status = try await self.store.status(of: self.run.id)
        let totals = status.totals
        let metrics = RunMetrics(
            rowsPerSecond: self.figures.rowsPerSecond(now: .now),
            remainingRows: max(0, self.expectedRows - totals.sourceRows),
            stageSeconds: [
                "read": self.figures.seconds(\.readSeconds),
                "transform": self.figures.seconds(\.transformSeconds),
                "write": self.figures.seconds(\.writeSeconds),
                "commit": self.figures.seconds(\.commitSeconds),
            ],
            bytesRead: self.figures.total(\.bytesRead),
            bytesWritten: self.figures.total(\.bytesWritten),
            batches: self.figures.total(\.batches),
            unreadableMessages: self.figures.unreadableMessages,
            unsentMessages: self.figures.unsentMessages
        )
        let json = String(decoding: try JSONEncoder().encode(metrics), as: UTF8.self)
        try await self.store.recordMetrics(self.run.id, json: json)
        try await self.store.record(self.roster.takeChanges(), of: self.run.id)
        guard let breaker = self.plan.policy.circuitBreaker, self.ended == nil else { return }
        for entity in status.entities {
            // Rows that wait for a failed shard's retry say nothing about the entity's own rows.
            let rejected = entity.counters.rejected - (entity.rejects[RejectReason.parentPending.code] ?? 0)
            let judged = entity.counters.migrated + rejected
            guard judged >= breaker.minimumRows else { continue }
            let rate = Double(rejected) / Double(judged)
            if rate > breaker.errorRate, !self.tripped.contains(entity.name) {
                self.tripped.insert(entity.name)
                try await self.pause(
                    "the circuit breaker tripped: \(rejected) of \(judged) rows of \(entity.name) were rejected"
                )
            }
        }
    }

    private var expectedRows: Int {
        self.plan.entities.reduce(0) { $0 + Int($1.statistics.rows) }
    }
}
