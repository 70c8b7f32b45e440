import Postgres
import Scheduling
import Testing

/// What the shards of a table really hold.
struct Balance: CustomStringConvertible {
    var weights: [Double] = []
    var rows = 0
    /// How far the worst estimate of a shard's weight is off, as a share of the median.
    var largestError = 0.0

    var empty: Int { self.weights.count { $0 == 0 } }
    var longest: Double { self.weights.max() ?? 0 }
    var median: Double { self.weights.sorted()[self.weights.count / 2] }
    var description: String {
        let ratio = ((self.longest / self.median) * 100).rounded() / 100
        return "\(self.weights.count) shards, longest / median \(ratio), error \((self.largestError * 100).rounded()) %"
    }

    init(of planned: [ShardPlanner.PlannedRange], in databases: borrowing Databases) throws {
        let cuts = planned.compactMap(\.range.lower).map(String.init).joined(separator: ",")
        let result = try databases.source.query(
            """
            SELECT width_bucket(id, '{\(cuts)}'::bigint[]), count(*),
                   sum(pg_column_size(id) + pg_column_size(name) + coalesce(pg_column_size(body), 0))::int8
              FROM \(databases.schema).thing GROUP BY 1
            """
        )
        var rows = Array(repeating: 0, count: planned.count)
        self.weights = Array(repeating: 0, count: planned.count)
        for row in result.rows {
            let place = Int(try #require(row.integer(0)))
            rows[place] = Int(try #require(row.integer(1)))
            self.weights[place] = Double(try #require(row.integer(2))) + Double(rows[place] * ShardPlanner.rowCost)
        }
        self.rows = rows.reduce(0, +)
        let estimates = planned.map { Double($0.bytes + $0.rows * ShardPlanner.rowCost) }
        let median = self.median
        self.largestError = zip(self.weights, estimates).map { abs($0 - $1) / median }.max() ?? 0
    }
}
