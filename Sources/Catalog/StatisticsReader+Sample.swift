import Postgres
import Scheduling

extension StatisticsReader {
    /// The pages of a plain table.
    struct Heap {
        var pages: Int
        var pageBytes: Int
        var bytes: Int64 { Int64(self.pages) * Int64(self.pageBytes) }
    }

    /// Rows that stand for all rows, in steps.
    struct Sample {
        /// Rows in it.
        var count = 0
        /// By its lowest key, ascending.
        var steps: [(first: Int64, step: SourceStatistics.Step)] = []
        var correlation = 1.0

        /// Steps that reach from the lowest key to the highest, as their bounds and what lies between.
        func tiles(within ends: ClosedRange<Int64>) -> (bounds: [Int64], steps: [SourceStatistics.Step]) {
            var bounds = [ends.lowerBound]
            var steps: [SourceStatistics.Step] = []
            for (first, step) in self.steps {
                if !steps.isEmpty, first > bounds.last ?? .max, first < ends.upperBound {
                    bounds.append(first)
                    steps.append(step)
                } else if let last = steps.indices.last {
                    steps[last].rows += step.rows
                    steps[last].bytes += step.bytes
                } else {
                    steps.append(step)
                }
            }
            if ends.upperBound > ends.lowerBound { bounds.append(ends.upperBound) } else { steps = [] }
            return (bounds, steps)
        }
    }

    /// How many pages the table has; nil for what has none of its own.
    func heap(_ connection: borrowing Connection) throws(PostgresError) -> Heap? {
        guard ["r", "m"].contains(self.table.kind) else { return nil }
        let row =
            try connection.query(
                "SELECT pg_relation_size(\(self.table.oid)::oid), current_setting('block_size')::int8"
            )
            .first
        guard let bytes = row?.integer(0), let pageBytes = row?.integer(1), pageBytes > 0 else { return nil }
        return Heap(pages: Int(bytes / pageBytes), pageBytes: Int(pageBytes))
    }

    /// Samples a plain table: pages of equal distance, and of each the line pointers of a class that differs from page to
    /// page, so that every row is as likely to be in it as any other, on however full a page it lies.
    func sample(of heap: Heap?, _ connection: borrowing Connection) throws(PostgresError) -> Sample {
        guard let heap, heap.pages > 0 else { return Sample() }
        let shards =
            self.planner.rowsPerShard.map { Int(max(0, self.table.estimatedRows)) / max(1, $0) }
            ?? Int(self.table.bytes) / max(1, self.planner.weightPerShard)
        let pages = min(heap.pages, max(Self.samplePages, min(Self.mostPages, shards * Self.pagesPerShard)))
        let density = try self.density(of: heap, connection)
        let classes = max(1, Int((Double(pages) * density.rows / Self.sampleRows).rounded()))
        let lines = max(density.lines, classes)
        let from = "\(self.table.sql) AS source"
        let places = Self.places(pages: pages, of: heap.pages, lines: lines, classes: classes)
        return try self.sample(
            from,
            where: "source.ctid = ANY (ARRAY(\(places)))",
            factor: Double(classes) * Double(heap.pages) / Double(pages),
            connection
        )
    }

    /// Rows per page, and the highest line pointer seen, on a hundred pages.
    private func density(
        of heap: Heap,
        _ connection: borrowing Connection
    ) throws(PostgresError) -> (rows: Double, lines: Int) {
        let pages = min(heap.pages, 100)
        // A row and its line pointer take 28 bytes at least.
        let places = Self.places(pages: pages, of: heap.pages, lines: heap.pageBytes / 28, classes: 1)
        let row =
            try connection.query(
                """
                SELECT count(*), max((source.ctid::text::point)[1])::int8 FROM \(self.table.sql) AS source
                 WHERE source.ctid = ANY (ARRAY(\(places)))
                """
            )
            .first
        let lines = Int(row?.integer(1) ?? 0)
        // Another page may have more.
        return (Double(row?.integer(0) ?? 0) / Double(pages), min(heap.pageBytes / 28, lines + lines / 4 + 8))
    }

    /// Addresses of rows as a subquery.
    private static func places(pages: Int, of all: Int, lines: Int, classes: Int) -> String {
        """
        SELECT ('(' || step * \(all)::int8 / \(pages) || ',' || line || ')')::tid
          FROM generate_series(0, \(pages - 1)) AS step,
               LATERAL generate_series(1 + step % \(classes), \(lines), \(classes)) AS line
        """
    }

    /// Reads rows and puts them into steps of about equal weight, on the server.
    ///
    /// `pg_column_size` of a column takes a TOASTed value's size from its pointer and fetches nothing; of a whole row it
    /// would fetch them all. What is picked is materialized, because the sorts would else carry whole rows and spill.
    func sample(
        _ from: String,
        where condition: String = "true",
        factor: Double,
        _ connection: borrowing Connection
    ) throws(PostgresError) -> Sample {
        let sizes = self.columns.map { "coalesce(pg_column_size(source.\(SQLText.identifier($0))), 0)" }
        let bytes = sizes.isEmpty ? "0" : sizes.joined(separator: " + ")
        let (weight, share) =
            self.planner.rowsPerShard.map { ("1::float8", max(1, $0)) }
            ?? ("(bytes + \(ShardPlanner.rowCost))::float8", max(1, self.planner.weightPerShard))
        // As many steps as the shards need, which only the sum can tell.
        let wanted = "ceil(\(factor * Double(Self.stepsPerShard)) * total / \(share))"
        let steps = "least(\(Self.stepCounts.upperBound), greatest(\(Self.stepCounts.lowerBound), \(wanted)))"
        let place = ["r", "m"].contains(self.table.kind) ? "source.ctid" : "NULL::tid"
        let key = "source." + SQLText.identifier(self.key)
        let result = try connection.query(
            """
            WITH picked AS MATERIALIZED (
                SELECT \(key)::int8 AS key, (\(bytes))::int8 AS bytes, \(place) AS place
                  FROM \(from) WHERE \(condition) AND \(key) IS NOT NULL),
            running AS (
                SELECT key, bytes, sum(\(weight)) OVER (ORDER BY key) AS reached, sum(\(weight)) OVER () AS total,
                       row_number() OVER (ORDER BY key) AS number, row_number() OVER (ORDER BY place) AS lies
                  FROM picked)
            SELECT min(key), count(*), sum(bytes)::int8,
                   (SELECT corr(number, lies) FROM running WHERE \(place == "NULL::tid" ? "false" : "true"))
              FROM running GROUP BY ceil(reached * \(steps) / total) ORDER BY 1
            """
        )
        var sample = Sample()
        for row in result.rows {
            guard let first = row.integer(0), let count = row.integer(1), let bytes = row.integer(2) else { continue }
            sample.count += Int(count)
            sample.correlation = row.double(3) ?? 1
            let step = SourceStatistics.Step(
                rows: Int64(Double(count) * factor),
                bytes: Int64(exactly: (Double(bytes) * factor).rounded()) ?? .max
            )
            sample.steps.append((first, step))
        }
        return sample
    }
}
