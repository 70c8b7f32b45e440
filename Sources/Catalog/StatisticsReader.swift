import Postgres
import Scheduling

/// Finds out how many rows a base table has, and how they and their bytes are spread over its keys.
///
/// At the same cost for any number of rows: a large table is sampled, a bounded number of pages at equal distances and a
/// bounded number of their rows. Pages drawn at random (TABLESAMPLE SYSTEM) leave gaps between them that make one shard
/// three times another; pages of equal distance don't, whether the heap is in key order or not. Statistics of ANALYZE know
/// nothing of bytes, and may be old.
struct StatisticsReader {
    /// Tables up to this many rows are read as a whole: a fraction of a second (safe up to a few million).
    static let exactRows = 200_000.0
    /// The same, in bytes of the heap, for those that were never analyzed, and for the others (safe up to a few hundred MB).
    static let exactUnknownBytes: Int64 = 16 << 20
    static let exactBytes: Int64 = 64 << 20
    /// Pages that a sample reads: 30 MB (safe from 500 to 30,000, which is what ANALYZE reads).
    static let samplePages = 4_000
    /// Pages per shard, where that is more, up to `mostPages`: below two a shard's borders are guesses.
    static let pagesPerShard = 3
    static let mostPages = 20_000
    /// Rows that a sample should have (safe from some thousand to a million).
    static let sampleRows = 30_000.0
    /// Fewer rows than this in a sample say nothing: pages that deleted rows have left, or a kind of storage without them.
    static let leastRows = 100
    /// Steps per expected shard: shards are then equal within an eighth.
    ///
    /// Their number has bounds, because every worker reads them with the plan.
    static let stepsPerShard = 4
    static let stepCounts = 128...4096

    var table: CatalogTable
    /// Bare name.
    var key: String
    /// Columns whose bytes count, bare names.
    var columns: [String]
    /// Who will cut the keys.
    var planner: ShardPlanner

    /// Reads what the shards are planned by, from the lowest key to the highest; there are none in an empty table.
    func read(
        ends: ClosedRange<Int64>?,
        _ connection: borrowing Connection
    ) throws(PostgresError) -> SourceStatistics {
        guard let ends else {
            return SourceStatistics(
                rows: 0,
                bytes: self.table.bytes,
                minKey: nil,
                maxKey: nil,
                bounds: [],
                correlation: 1
            )
        }
        let heap = try self.heap(connection)
        let sample: Sample
        if self.isSmall(heap) {
            sample = try self.sample("\(self.table.sql) AS source", factor: 1, connection)
        } else if self.table.kind == "p" {
            let percent = self.percent
            let from = "\(self.table.sql) AS source TABLESAMPLE SYSTEM (\(percent)) REPEATABLE (1)"
            sample = try self.sample(from, factor: 100 / percent, connection)
        } else {
            sample = try self.sample(of: heap, connection)
        }
        let known = sample.count < Self.leastRows || self.table.kind == "p" ? try self.known(connection) : nil
        if sample.count < Self.leastRows, let known, known.bounds.count > sample.steps.count {
            return SourceStatistics(
                rows: max(Int64(self.table.estimatedRows), Int64(sample.count)),
                bytes: self.table.bytes,
                minKey: ends.lowerBound,
                maxKey: ends.upperBound,
                bounds: Self.ascending([ends.lowerBound] + known.bounds + [ends.upperBound], within: ends),
                correlation: known.correlation
            )
        }
        let (bounds, steps) = sample.tiles(within: ends)
        return SourceStatistics(
            rows: max(1, steps.reduce(0) { $0 + $1.rows }),
            bytes: self.table.bytes,
            minKey: ends.lowerBound,
            maxKey: ends.upperBound,
            bounds: bounds,
            steps: steps.isEmpty ? nil : steps,
            correlation: known?.correlation ?? sample.correlation
        )
    }

    /// The lowest and the highest key, nil for an empty table.
    static func ends(
        of key: String,
        in table: CatalogTable,
        _ connection: borrowing Connection
    ) throws(PostgresError) -> ClosedRange<Int64>? {
        let column = "source." + SQLText.identifier(key)
        let row =
            try connection.query("SELECT min(\(column))::int8, max(\(column))::int8 FROM \(table.sql) AS source").first
        guard let lowest = row?.integer(0), let highest = row?.integer(1) else { return nil }
        return lowest...highest
    }

    private func isSmall(_ heap: Heap?) -> Bool {
        guard ["r", "p", "m"].contains(self.table.kind) else { return true }
        let bytes = heap?.bytes ?? self.table.bytes
        return self.table.estimatedRows < 0
            ? bytes <= Self.exactUnknownBytes : bytes <= Self.exactBytes && self.table.estimatedRows <= Self.exactRows
    }

    /// Share of a partitioned table's pages.
    private var percent: Double {
        let byPages = 100 * Double(Self.samplePages) * 8192 / Double(max(1, self.table.bytes))
        let byRows = self.table.estimatedRows > 0 ? 100 * Self.sampleRows / self.table.estimatedRows : byPages
        return min(100, max(0.001, min(byPages, byRows)))
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

    /// Sorted, without repetitions and strays.
    static func ascending(_ keys: [Int64], within range: ClosedRange<Int64>) -> [Int64] {
        var result: [Int64] = []
        for key in keys.sorted() where range.contains(key) && key != result.last { result.append(key) }
        return result
    }
}
