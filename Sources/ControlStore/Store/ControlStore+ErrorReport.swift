import Postgres
package import Scheduling

extension ControlStore {
    /// What there is to say about a run that stands still.
    package func errorReport(
        of run: RunID,
        _ cause: PauseCause,
        _ message: String,
        by operatorName: String? = nil,
        failing: ErrorReport.FailedShard? = nil
    ) throws(ControlStoreError) -> ErrorReport {
        let failed = try self.query(
            "read the failed shards of run \(run)",
            """
            SELECT id, entity, error_class, sql_state, count(*) OVER () AS total
              FROM godwit.shards WHERE run_id = $1::uuid AND state = 'failed'
             ORDER BY id LIMIT \(ErrorReport.namedShards)
            """,
            [.run(run)]
        )
        var report = ErrorReport(
            message: message,
            cause: cause,
            by: operatorName,
            run: try self.run(matching: .id(run)).number,
            failedShards: failed.first?.count("total") ?? 0,
            shards: failed.rows.map {
                ErrorReport.FailedShard(
                    shard: $0.shard("id").description,
                    entity: $0.entity("entity"),
                    errorClass: $0.text("error_class"),
                    sqlState: $0.text("sql_state")
                )
            },
            rejects: try self.rejectCounts(of: run)
        )
        if let failing { report.add(failing) }
        return report
    }

    /// The coordinator itself stops granting; what there is to say is kept with the run, and brought up to date once
    /// nothing is in flight any more.
    ///
    /// An operator's pause stands: only `godwit resume` ends that.
    ///
    /// - Parameters:
    ///   - run: The run, which this coordinator leads.
    ///   - cause: Why, as the runbook has it.
    ///   - reason: Why, in words.
    ///   - data: What its event carries besides.
    ///   - failing: The shard that is the cause, whose failure is about to be recorded.
    ///   - rate: Of failing rows, which whoever resumes the run accepts for this entity.
    ///   - isUpdate: Whether the run is paused already.
    /// - Returns: What there is to say; nil where the run does not stand as it should for this: paused or resumed by an
    ///   operator meanwhile.
    /// - Throws: `termLost`, or the server's error.
    package func pause(
        _ run: RunID,
        _ cause: PauseCause,
        reason: String,
        data: [String: String] = [:],
        failing: ErrorReport.FailedShard? = nil,
        accepting rate: (entity: EntityName, rate: Double)? = nil,
        isUpdate: Bool = false
    ) throws(ControlStoreError) -> ErrorReport? {
        let report = try self.errorReport(of: run, cause, reason, failing: failing)
        // In one transaction: who dies in between would leave a pause that trips again when somebody resumes the run.
        return try self.transaction("pause run \(run)") { () throws(ControlStoreError) in
            guard try self.pause(run, with: report, isUpdate: isUpdate) else { return nil }
            if let rate { try self.acceptErrorRate(rate.rate, of: rate.entity, in: run) }
            if !isUpdate {
                let data = report.data.merging(data) { _, given in given }
                try self.record([NewEvent(.error, .runPaused, "paused: \(reason)", data: data)], of: run)
            }
            return report
        }
    }

    /// - Returns: Whether the run stood as it should for this.
    private func pause(_ run: RunID, with report: ErrorReport, isUpdate: Bool) throws(ControlStoreError) -> Bool {
        let paused = try self.lead(
            "pause run \(run)",
            """
            UPDATE godwit.migration_runs
               SET status = 'paused', status_reason = $3, pause_cause = $4, status_by = NULL, error_details = $5::jsonb,
                   completed_at = NULL, updated_at = clock_timestamp()
             WHERE id = $2::uuid AND \(Self.reigns)
               AND CASE WHEN $6::boolean THEN status = 'paused' AND pause_cause = $4 ELSE status = 'running' END
            """,
            [.run(run), .text(report.message), .text(report.cause.rawValue), .json(report), .bool(isUpdate)]
        )
        return paused.affectedRows > 0
    }
}

extension ErrorReport {
    /// What the event of the pause carries.
    var data: [String: String] {
        var data = ["cause": self.cause.rawValue, "failed_shards": String(self.failedShards), "next": self.next]
        if !self.rejects.isEmpty { data["rejects"] = self.rejectsText }
        if !self.shards.isEmpty { data["shards"] = self.shards.map(\.description).joined(separator: ", ") }
        return data
    }
}
