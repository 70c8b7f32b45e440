package import Postgres
package import Scheduling

/// What a slot asks about rejects, on its own connection.
package enum RejectStatement {
    /// How many of these keys are rejected and not resolved.
    package static func open(_ keys: [Int64], of entity: EntityName, in run: RunID) -> Statement {
        Statement(
            """
            SELECT count(DISTINCT source_key) AS rejected FROM godwit.rejects
             WHERE run_id = $1::uuid AND entity = $2 AND source_key = ANY ($3::bigint[]) AND resolved_at IS NULL
            """,
            [.run(run), .entity(entity), .integers(keys)]
        )
    }

    /// The statement's answer.
    package static func count(_ result: QueryResult) -> Int {
        result.first?.count("rejected") ?? 0
    }
}
