import Postgres
import RowPipeline

/// Reads which source keys the target's rows say they came from.
actor TargetKeys {
    private nonisolated let executor = BlockingExecutor(label: "godwit.target-keys")
    private let parameters: ConnectionParameters

    /// Keys per round trip; keeps the answer below some megabytes.
    private static let page = 100_000

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(parameters: ConnectionParameters) {
        self.parameters = parameters
    }

    /// The values of a legacy column.
    ///
    /// - Parameters:
    ///   - table: Quoted and qualified.
    ///   - column: Quoted.
    /// - Returns: Every value that is not NULL.
    /// - Throws: The connection's or the server's error.
    func keys(of table: String, column: String) throws(PostgresError) -> PresenceSet {
        let connection = try Connection(self.parameters, role: .target, applicationName: "godwit presence")
        var keys = PresenceSet()
        var last: Int64?
        while true {
            let result = try connection.query(
                """
                SELECT \(column)::int8 FROM \(table)
                 WHERE \(column) IS NOT NULL AND ($1::int8 IS NULL OR \(column) > $1::int8)
                 ORDER BY \(column) LIMIT \(Self.page)
                """,
                [.integer(last)]
            )
            for row in result.rows {
                if let key = row.integer(0) { keys.insert(key) }
                last = row.integer(0)
            }
            if result.count < Self.page { return keys }
        }
    }
}
