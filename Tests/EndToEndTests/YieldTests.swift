import Postgres
import Testing

extension EndToEnd {
    /// A worker that leaves the rest of a shard to slots that have nothing to do.
    @Suite struct YieldTests {
        /// One shard of 1,200 rows that take 8 ms each to read: ten seconds.
        private static let source = """
            CREATE FUNCTION slow(value integer) RETURNS text LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(0.008); RETURN value::text; END $$;
            CREATE TABLE thing (id integer PRIMARY KEY, parent_id integer, amount integer);
            INSERT INTO thing SELECT n * 3, nullif(n / 2 * 3, 0), n FROM generate_series(1, 1200) AS n; ANALYZE
            """
        private static let target = """
            CREATE TABLE things (id uuid PRIMARY KEY, label text, amount integer, parent_id uuid REFERENCES things,
                legacy_id bigint UNIQUE)
            """
        private static let entities = """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
              where: amount % 100 <> 7
              columns:
                label: { sql: "slow(id)" }
                parent_id: { ref: things, by: parent_id, on_orphan: null }
              checks: [{ name: round, sql: "amount % 100 <> 3" }]
            """

        @Test func aStragglersRestIsDoneByOthers() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 100000\nbatch_rows: 20\naudit: table\nchange_log: rows",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator(lease: 30)
                try migration.startWorker("one")
                try migration.startWorker("two")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expect(
                    ["1200|1176|12|12|t|t"],
                    """
                    SELECT sum(source_rows), sum(migrated), sum(rejected), sum(filtered), count(*) > 1,
                           count(*) FILTER (WHERE origin IS NOT NULL) = count(*) - 1
                      FROM godwit.shards WHERE kind = 'copy' AND state = 'done'
                    """
                )
                // No row twice, none missing, in ranges that meet.
                try migration.expect(["1176|1176"], "SELECT count(*), count(DISTINCT legacy_id) FROM things")
                try migration.expect(
                    ["0"],
                    """
                    SELECT count(*) FROM (
                        SELECT upper_key, lead(lower_key) OVER (ORDER BY lower_key NULLS FIRST) AS next,
                               row_number() OVER (ORDER BY lower_key DESC NULLS LAST) AS place
                          FROM godwit.shards WHERE kind = 'copy') AS shard
                     WHERE upper_key IS DISTINCT FROM next
                    """
                )
                try migration.expect(
                    ["0"],
                    """
                    SELECT count(*) FROM godwit.shards AS shard
                     WHERE kind = 'copy' AND migrated + rejected <> (
                        SELECT count(*) FROM (
                            SELECT legacy_id FROM things
                            UNION ALL SELECT source_key FROM godwit.rejects) AS row(key)
                         WHERE (lower_key IS NULL OR key >= lower_key) AND (upper_key IS NULL OR key < upper_key))
                    """
                )
                try migration.expect(
                    ["1176|1176"],
                    """
                    SELECT (SELECT count(*) FROM godwit.uuid_mapping_ledger),
                           (SELECT count(*) FROM godwit.migration_change_log WHERE change_type = 'insert')
                    """
                )
                // Parents by key, where the parent was migrated.
                try migration.expect(
                    ["0"],
                    """
                    SELECT count(*) FROM things AS child JOIN things AS parent
                        ON parent.legacy_id = child.legacy_id / 6 * 3 AND parent.legacy_id > 0
                     WHERE child.parent_id IS DISTINCT FROM parent.id
                    """
                )
            }
        }
    }
}
