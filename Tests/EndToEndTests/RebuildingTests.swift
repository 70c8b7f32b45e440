import FoundationEssentials
import Postgres
import PostgresFixture
import Testing

extension EndToEnd {
    /// Indexes and foreign keys that are off during the load.
    @Suite struct RebuildingTests {
        private static let indexes = """
            CREATE INDEX by_parent ON children (parent_id);
            CREATE INDEX partly ON children (legacy_id DESC) INCLUDE (parent_id) WITH (fillfactor = 80) WHERE parent_id IS NOT NULL
            """
        private static let names = """
            SELECT conname FROM pg_constraint WHERE contype IN ('u', 'f') AND connamespace = 'public'::regnamespace
            UNION ALL SELECT indexname FROM pg_indexes WHERE indexname IN ('by_parent', 'partly', 'children_pkey') ORDER BY 1
            """
        private static let everything = [
            "by_parent", "children_parent_id_fkey", "children_pkey", "parents_legacy_id_key", "partly",
        ]
        private static let run = "shard_rows: 100\nrebuild: always\nmaintenance_work_mem: 16MiB"

        private static func off(_ migration: Migration) throws -> [String] {
            try migration.rows(
                .target,
                "SELECT object_name FROM godwit.suspended_objects WHERE restored_at IS NULL ORDER BY id"
            )
        }

        @Test func theSchemaIsTheSameAfterALoadWithoutThem() async throws {
            try await Pair.held(run: Self.run) { migration, letGo in
                try migration.execute(.target, Self.indexes)
                let before = try SchemaDump.text(of: migration.parameters(of: .target))
                let coordinator = try migration.startCoordinator()
                _ = try migration.startWorker("one", slots: 2)
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                #expect(try Self.off(migration) == ["parents_legacy_id_key", "updated_at"])
                try migration.expect(
                    ["by_parent", "children_parent_id_fkey", "children_pkey", "partly"],
                    Self.names
                )
                let force = try migration.start(["constraints", "restore"])
                #expect(await force.exitStatus() == 1)
                #expect(force.log.contains("a coordinator leads run #1"), "\(force.log)")
                try letGo()
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
                try migration.expect(Self.everything, Self.names)
                #expect(try Self.off(migration) == [])
                // parents: index and key; children: two indexes, index and key, foreign key and its check.
                try migration.expect(
                    ["children|6", "parents|2"],
                    """
                    SELECT entity, count(*) FILTER (WHERE state = 'done') FROM godwit.shards WHERE object_id IS NOT NULL
                     GROUP BY 1 ORDER BY 1
                    """
                )
                #expect(try SchemaDump.text(of: migration.parameters(of: .target)) == before)
                let status = try migration.start(["constraints", "status"])
                #expect(await status.exitStatus() == 0)
                #expect(status.log.contains("nothing is off"), "\(status.log)")
            }
        }

        @Test func whatAnAbandonedRunDroppedIsBroughtBackByOneCommand() async throws {
            try await Pair.held(run: Self.run) { migration, letGo in
                try migration.execute(.target, Self.indexes)
                let before = try SchemaDump.text(of: migration.parameters(of: .target))
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                await coordinator.kill()
                await worker.kill()
                try letGo()
                // A row twice: the server says which value it is, and nothing is lost by trying.
                try migration.execute(
                    .target,
                    "INSERT INTO parents VALUES (gen_random_uuid(), 'a', 7777), (gen_random_uuid(), 'b', 7777)"
                )
                let early = try migration.start(["constraints", "restore"])
                #expect(await early.exitStatus() == 2, "\(early.log)")
                #expect(early.log.contains("let run #1 go on (its coordinator, started again)"), "\(early.log)")
                let cancel = try migration.start(["cancel"])
                #expect(await cancel.exitStatus() == 0, "\(cancel.log)")
                let words = "1 index OFF since the load: godwit constraints restore 1 brings it back"
                #expect(cancel.log.contains(words), "\(cancel.log)")
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(status.log.contains("1 index OFF"), "\(status.log)")
                let refused = try migration.start(["constraints", "restore"])
                #expect(await refused.exitStatus() == 2, "\(refused.log)")
                #expect(refused.log.contains("(legacy_id)=(7777)"), "\(refused.log)")
                #expect(refused.log.contains("keep one of these rows and delete or correct"), "\(refused.log)")
                #expect(try Self.off(migration) == ["parents_legacy_id_key"])
                try migration.execute(.target, "DELETE FROM parents WHERE legacy_id = 7777")
                let restore = try migration.start(["constraints", "restore", "1"])
                #expect(await restore.exitStatus() == 0, "\(restore.log)")
                try migration.expect(Self.everything, Self.names)
                #expect(try SchemaDump.text(of: migration.parameters(of: .target)) == before)
            }
        }

        @Test func theNextRunBringsBackWhatTheLastOneDropped() async throws {
            try await Pair.held(run: Self.run) { migration, letGo in
                try migration.execute(.target, Self.indexes)
                let before = try SchemaDump.text(of: migration.parameters(of: .target))
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                await coordinator.kill()
                await worker.kill()
                try letGo()
                let cancel = try migration.start(["cancel"])
                #expect(await cancel.exitStatus() == 0, "\(cancel.log)")
                try migration.execute(.target, "TRUNCATE parents, children")
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                // The second run has dropped it for itself, so it was there when that run looked.
                try migration.expect(
                    ["1|1", "2|1"],
                    """
                    SELECT run.number, count(*) FROM godwit.suspended_objects AS object
                      JOIN godwit.migration_runs AS run ON run.id = object.run_id
                     WHERE object_name = 'parents_legacy_id_key' AND restored_at IS NOT NULL GROUP BY 1 ORDER BY 1
                    """
                )
                try migration.expect(Self.everything, Self.names)
                #expect(try SchemaDump.text(of: migration.parameters(of: .target)) == before)
            }
        }
    }
}
