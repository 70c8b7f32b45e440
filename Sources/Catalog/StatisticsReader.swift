import Postgres

/// Finds out how many rows a base table has and how its keys are spread.
struct StatisticsReader {
    /// Tables up to this many rows are counted and cut exactly: a fraction of a second (safe up to a few million).
    static let exactRows = 200_000.0
    /// Tables up to this size are counted even if they were never analyzed (safe up to a few GB).
    static let exactBytes: Int64 = 64 << 20
    /// Rows that a sample should have: a hundred per percentile (safe from 1,000 to a million).
    static let sampleRows = 30_000.0

    var table: CatalogTable
    var key: String

    private var keyColumn: String { "source." + SQLText.identifier(self.key) }

    /// Reads what the shards are planned by.
    func read(_ connection: borrowing Connection) throws(PostgresError) -> SourceStatistics {
        let ends =
            try connection.query(
                "SELECT min(\(self.keyColumn))::int8, max(\(self.keyColumn))::int8 FROM \(self.table.sql) AS source"
            )
            .first
        guard let lowest = ends?.integer(0), let highest = ends?.integer(1) else {
            return SourceStatistics(
                rows: 0,
                bytes: self.table.bytes,
                minKey: nil,
                maxKey: nil,
                bounds: [],
                correlation: 1
            )
        }
        let isTable = ["r", "p", "m"].contains(self.table.kind)
        let known = try isTable ? self.known(connection) : nil
        var rows = Int64(self.table.estimatedRows)
        var bounds = known?.bounds ?? []
        let isSmall =
            !isTable
            || (self.table.estimatedRows < 0
                ? self.table.bytes <= Self.exactBytes
                : self.table.estimatedRows <= Self.exactRows)
        if isSmall {
            let exact = try self.percentiles(of: "\(self.table.sql) AS source", connection)
            rows = exact.rows
            bounds = exact.bounds
        } else if rows < 0 || bounds.count < 3 {
            let percent = rows < 0 ? 1.0 : min(100, max(0.001, 100 * Self.sampleRows / self.table.estimatedRows))
            let sample = try self.percentiles(
                of: "\(self.table.sql) AS source TABLESAMPLE SYSTEM (\(percent)) REPEATABLE (1)",
                connection
            )
            if rows < 0 { rows = Int64(Double(sample.rows) * 100 / percent) }
            bounds = sample.bounds
        }
        return SourceStatistics(
            rows: rows,
            bytes: self.table.bytes,
            minKey: lowest,
            maxKey: highest,
            bounds: Self.ascending([lowest] + bounds + [highest], within: lowest...highest),
            correlation: known?.correlation ?? 1
        )
    }

    /// What ANALYZE left behind.
    private func known(
        _ connection: borrowing Connection
    ) throws(PostgresError) -> (bounds: [Int64], correlation: Double)? {
        let row =
            try connection.query(
                """
                SELECT array_to_string(histogram_bounds, ',') AS bounds, correlation::float8 AS correlation
                FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3
                ORDER BY inherited DESC LIMIT 1
                """,
                [.text(self.table.schema), .text(self.table.name), .text(self.key)]
            )
            .first
        guard let row else { return nil }
        let bounds = (row.text("bounds") ?? "").split(separator: ",").compactMap { Int64($0) }
        return (bounds, row.double("correlation") ?? 1)
    }

    private func percentiles(
        of from: String,
        _ connection: borrowing Connection
    ) throws(PostgresError) -> (rows: Int64, bounds: [Int64]) {
        let row =
            try connection.query(
                """
                SELECT count(*), array_to_string(percentile_disc(
                    (SELECT array_agg(step / 100.0::float8 ORDER BY step) FROM generate_series(0, 100) AS step)
                ) WITHIN GROUP (ORDER BY \(self.keyColumn)), ',') FROM \(from)
                """
            )
            .first
        return (row?.integer(0) ?? 0, (row?.text(1) ?? "").split(separator: ",").compactMap { Int64($0) })
    }

    /// Sorted, without repetitions and strays.
    static func ascending(_ keys: [Int64], within range: ClosedRange<Int64>) -> [Int64] {
        var result: [Int64] = []
        for key in keys.sorted() where range.contains(key) && key != result.last { result.append(key) }
        return result
    }
}
