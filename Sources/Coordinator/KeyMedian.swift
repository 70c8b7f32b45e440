import Catalog
import Postgres
import Scheduling

/// Finds the key in the middle of a shard, in the run's snapshot.
///
/// On a thread of its own: the losers of a large table may occupy the preparation's for minutes.
actor KeyMedian {
    private nonisolated let executor = BlockingExecutor(label: "godwit.median")
    private let source: ConnectionParameters

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(source: ConnectionParameters) {
        self.source = source
    }

    /// - Returns: The rows of the base table in the range, and the key at which their second half begins; nil for an
    ///   empty range.
    /// - Throws: The connection's or the server's error.
    func median(
        of entity: ResolvedEntity,
        in range: KeyRange,
        plan: ResolvedPlan,
        snapshot: String
    ) throws(PostgresError) -> (rows: Int, key: Int64)? {
        let connection = try Connection(self.source, role: .source, applicationName: "godwit median")
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try connection.execute("SET TRANSACTION SNAPSHOT \(quoteLiteral(snapshot))")
        try connection.execute("SET LOCAL search_path TO \(plan.sourceSearchPath)")
        let result = try connection.query(entity.medianStatement(lower: range.lower, upper: range.upper))
        guard let row = result.first, let rows = row.integer(0), let key = row.integer(1) else { return nil }
        return (Int(rows), key)
    }
}
