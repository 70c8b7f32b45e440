import Catalog
import FoundationEssentials
import Postgres
import PostgresFixture
import Scheduling
import Testing

/// Shards of tables whose keys and bytes are spread unevenly.
@Suite struct SkewTests {
    @Test(arguments: Skew.all)
    func `no shard of an uneven table is empty or three times the median`(_ skew: Skew) throws {
        let databases = try Databases(
            source: skew.sql(rows: 250_000),
            target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, name text, body text)"
        )
        for isAnalyzed in [false, true] {
            if isAnalyzed { try databases.source.execute("ANALYZE \(databases.schema).thing") }
            let entity = try Self.entity(in: databases)
            var planner = ShardPlanner(rowsPerShard: nil)
            planner.weightPerShard = 2 << 20
            let planned = planner.ranges(of: entity.statistics)
            let balance = try Balance(of: planned, in: databases)
            print("SkewTests", skew.name, isAnalyzed ? "analyzed:" : "unanalyzed:", balance.description)
            #expect(planned.count >= 7)
            #expect(balance.empty == 0)
            #expect(balance.longest <= 3 * balance.median, "\(balance.weights)")
            #expect(balance.largestError < 0.5, "estimates are of each range")
            let rows = Double(balance.rows)
            #expect(abs(Double(entity.statistics.rows) - rows) < rows / 5)
        }
    }

    @Test func `columns that nobody reads weigh nothing`() throws {
        let databases = try Databases(
            source: Skew.toasted.sql(rows: 30_000),
            target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, name text)"
        )
        let entity = try Self.entity(in: databases)
        let bytes = try #require(entity.statistics.steps).reduce(0) { $0 + $1.bytes }
        #expect(bytes < 30_000 * 50)
        #expect(entity.statistics.bytes > 5_000_000)
    }

    @Test func `a heap in another order than the key's is known before ANALYZE`() throws {
        for (skew, isScattered) in [(Skew.even, false), (.shuffled, true)] {
            let databases = try Databases(
                source: skew.sql(rows: 250_000),
                target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, name text)"
            )
            #expect(try Self.entity(in: databases).statistics.isScattered == isScattered)
        }
    }

    /// Of as many rows as PLANNING_ROWS says: `scripts/benchmark-planning` wants five million.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["PLANNING_ROWS"] != nil))
    func `planning takes no longer for more rows`() throws {
        let most = try #require(ProcessInfo.processInfo.environment["PLANNING_ROWS"].flatMap { Int($0) })
        for rows in [most / 10, most] {
            for skew in Skew.all where skew.name == "gaps and outlier" || skew.name == "shuffled" {
                let databases = try Databases(
                    source: skew.sql(rows: rows),
                    target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, name text, body text)"
                )
                // Once for the server's caches.
                for _ in 0..<2 {
                    let clock = ContinuousClock()
                    let start = clock.now
                    let entity = try Self.entity(in: databases)
                    let planned = ShardPlanner(rowsPerShard: nil).ranges(of: entity.statistics)
                    let took = clock.now - start
                    let balance = try Balance(of: planned, in: databases)
                    print("planning", rows, "rows,", skew.name + ":", took, balance.description)
                    #expect(took < .seconds(1))
                    #expect(balance.longest <= 3 * balance.median)
                }
            }
        }
    }

    private static func entity(in databases: borrowing Databases) throws -> ResolvedEntity {
        let (plan, findings) = try databases.resolve("things: { from: thing, to: things, legacy: legacy_id, tag: 1 }")
        return try #require(plan?.entities.first, "\(findings)")
    }
}
