import Testing

extension EndToEnd {
    /// Rows that came earlier, accounts per row, and rates of rejects that end or pause a run.
    @Suite struct AccountTests {
        private static let parentAndChild = """
            CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (id integer PRIMARY KEY, parent_id integer);
            INSERT INTO parent SELECT generate_series(101, 300);
            INSERT INTO child SELECT n, n FROM generate_series(1, 350) AS n; ANALYZE
            """
        private static let parentsAndChildren = """
            CREATE TABLE parents (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
            CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid NOT NULL REFERENCES parents, legacy_id bigint UNIQUE)
            """
        private static func family(_ parents: String) -> String {
            """
            parents: { from: parent, to: parents, legacy: legacy_id, tag: 1\(parents) }
            children: { from: child, to: children, legacy: legacy_id, tag: 2, columns: { parent_id: { ref: parents, by: parent_id } } }
            """
        }

        /// The UUIDs of the rows that are there are not this plan's: only the target knows them, so they are stored.
        @Test func rowsThatCameEarlierAreParentsToo() async throws {
            let entities = Self.family(", into: append, uuid: stored").replacing("tag: 1, ", with: "")
            try await Migration.with(
                source: Self.parentAndChild,
                target: Self.parentsAndChildren,
                entities: entities
            ) { migration in
                try migration.execute(
                    .target,
                    "INSERT INTO parents SELECT gen_random_uuid(), n FROM generate_series(1, 100) AS n; INSERT INTO parents VALUES (gen_random_uuid(), NULL)"
                )
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["children|350|300|50|0", "parents|200|200|0|0"])
                try migration.expect(
                    ["300"],
                    "SELECT count(*) FROM children AS c JOIN parents AS p ON p.id = parent_id WHERE p.legacy_id = c.legacy_id"
                )
            }
        }

        @Test func aTableThatMustBeEmptyStopsTheRun() async throws {
            try await Migration.with(
                source: Self.parentAndChild,
                target: Self.parentsAndChildren,
                entities: Self.family("")
            ) { migration in
                try migration.execute(.target, "INSERT INTO parents VALUES (gen_random_uuid(), NULL)")
                let status = try await migration.migrate()
                #expect(status == 65, "\(migration.logs)")
                #expect(migration.logs.contains("parents"))
                try migration.expect(["1|0"], "SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)")
            }
        }

        @Test func everyRowIsWrittenDownWhereThePlanAsksForIt() async throws {
            try await Migration.with(
                source: Self.parentAndChild,
                target: Self.parentsAndChildren,
                run: "shard_rows: 100\nchange_log: rows\naudit: table",
                entities: Self.family("")
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expect(
                    ["children|insert|200|200", "parents|insert|200|200"],
                    """
                    SELECT entity_type, change_type, count(*), count(DISTINCT entity_id) FROM godwit.migration_change_log
                     GROUP BY 1, 2 ORDER BY 1
                    """
                )
                try migration.expect(
                    ["200|200"],
                    """
                    SELECT count(*) FILTER (WHERE a.entity_type = 'parents' AND p.id IS NOT NULL),
                           count(*) FILTER (WHERE a.entity_type = 'children' AND c.id IS NOT NULL)
                      FROM godwit.uuid_mapping_ledger AS a
                      LEFT JOIN parents AS p ON p.id = uuid_value AND p.legacy_id = a.legacy_id
                      LEFT JOIN children AS c ON c.id = uuid_value AND c.legacy_id = a.legacy_id
                    """
                )
            }
        }

        @Test func rejectsOverThePolicyEndTheRunWithTwo() async throws {
            try await Migration.with(
                source: Self.parentAndChild,
                target: Self.parentsAndChildren,
                run: "shard_rows: 100\nrejects: { max: 5% }",
                entities: Self.family("")
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 2, "\(migration.logs)")
                try migration.expectTotals(["children|350|200|150|0", "parents|200|200|0|0"])
            }
        }

        /// A slow source, so that the run is not over before anybody looks at its rate.
        @Test func theCircuitBreakerPausesTheRun() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (id integer PRIMARY KEY, parent_id integer);
                    INSERT INTO parent SELECT generate_series(1, 100);
                    INSERT INTO child SELECT n, n % 150 FROM generate_series(1, 600) AS n; ANALYZE
                    """,
                target: Self.parentsAndChildren,
                run: "shard_rows: 20\ncircuit_breaker: { error_rate: 20%, min_rows: 50 }\nparallelism: 1",
                entities: """
                    parents: { from: parent, to: parents, legacy: legacy_id, tag: 1 }
                    children:
                      from: child
                      to: children
                      legacy: legacy_id
                      tag: 2
                      where: "pg_sleep(0.005) IS NOT NULL"
                      columns: { parent_id: { ref: parents, by: parent_id } }
                    """
            ) { migration in
                let status = try await migration.migrate(["--leave-when-paused"])
                #expect(status == 75, "\(migration.logs)")
                try migration.expect(
                    ["paused|t"],
                    "SELECT status, status_reason LIKE '%circuit breaker%' FROM godwit.migration_runs"
                )
                try migration.expect(["t"], "SELECT count(*) > 0 FROM godwit.shards WHERE state = 'pending'")
            }
        }
    }
}
