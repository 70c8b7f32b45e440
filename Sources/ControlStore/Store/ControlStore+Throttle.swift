import Postgres
package import Scheduling

extension ControlStore {
    /// Sets what a run may take of the databases; its coordinator goes by it within a second or two.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - limits: nil goes back to the plan's; an empty one lifts them all.
    ///   - caller: Who wants it.
    /// - Throws: `refused` where the run has ended.
    package func throttle(
        _ run: RunID,
        _ limits: ThrottleLimits?,
        by caller: Caller? = nil
    ) throws(ControlStoreError) {
        try self.transaction("throttle run \(run)") { () throws(ControlStoreError) in
            let changed = try self.query(
                "throttle run \(run)",
                """
                UPDATE godwit.migration_runs SET throttle = $2::jsonb, updated_at = clock_timestamp()
                 WHERE id = $1::uuid AND status IN ('running', 'paused', 'failed')
                """,
                [.run(run), limits.map { .json($0) } ?? .null]
            )
            guard changed.affectedRows == 1 else {
                let current = try self.run(matching: .id(run))
                throw ControlStoreError(
                    .refused,
                    "run #\(current.number) is \(current.status.rawValue): there is nothing to throttle"
                )
            }
            let what = limits.map { $0.isEmpty ? "unthrottled by an operator" : "throttled by an operator" }
            try self.record([NewEvent(.info, what ?? "throttled as the plan says again")], of: run, by: caller)
        }
    }
}
