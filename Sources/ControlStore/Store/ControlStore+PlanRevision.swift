import Postgres
import Scheduling

/// Corrections of a run's plan, inside the transaction of what is asked for with them.
extension ControlStore {
    /// Puts a corrected plan in the place of the run's, and keeps both.
    ///
    /// - Parameters:
    ///   - revision: The corrected plan.
    ///   - run: The run, which is locked.
    ///   - current: The version that the run has.
    /// - Returns: The version that it has now.
    /// - Throws: `refused` where somebody else has corrected the plan since the revision was made.
    func record(
        _ revision: NewPlanRevision,
        of run: RunID,
        current: Int
    ) throws(ControlStoreError) -> Int {
        guard revision.corrects == current else {
            throw ControlStoreError(
                .refused,
                "the plan of run \(run) was corrected by somebody else meanwhile (revision \(current)); look again"
            )
        }
        try self.keepFirstPlan(of: run)
        try self.query(
            "record revision \(revision.number) of the plan",
            """
            WITH recorded AS (
                INSERT INTO godwit.plan_revisions (run_id, number, plan_hash, plan_text, configuration, changes)
                VALUES ($1::uuid, $2::integer, $3, $4, $5::jsonb, $6::text[])
            )
            UPDATE godwit.migration_runs
               SET plan_revision = $2::integer, plan_hash = $3, plan_text = $4, configuration = $5::jsonb,
                   updated_at = clock_timestamp()
             WHERE id = $1::uuid
            """,
            [
                .run(run), .integer(revision.number), .text(revision.planHash), .text(revision.planText),
                .text(revision.resolvedPlan), .texts(revision.changes),
            ]
        )
        return revision.number
    }

    /// Makes the plan that the run was begun with the first of its versions.
    private func keepFirstPlan(of run: RunID) throws(ControlStoreError) {
        try self.query(
            "keep the plan of run \(run)",
            """
            INSERT INTO godwit.plan_revisions
                   (run_id, number, plan_hash, plan_text, configuration, created_at, created_by)
            SELECT id, plan_revision, plan_hash, plan_text, configuration, started_at, coalesce(created_by, '')
              FROM godwit.migration_runs WHERE id = $1::uuid
            ON CONFLICT DO NOTHING
            """,
            [.run(run)]
        )
    }
}
