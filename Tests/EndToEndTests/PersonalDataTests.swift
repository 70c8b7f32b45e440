import Foundation
import Postgres
import Testing

extension EndToEnd {
    /// Values of columns with `pii: true` are nowhere but in the target's rows and in the stored source rows.
    @Suite struct PersonalDataTests {
        /// Part of every personal text; personal numbers contain `Self.number`.
        private static let secret = "gEhEiM"
        private static let number = "7700117"

        private static let source = """
            CREATE TABLE town (id integer PRIMARY KEY, name text);
            CREATE TABLE person (id integer PRIMARY KEY, email text, born text, grade text, card text, papers text,
                                 town_id bigint, phone text, nick text, code text, size bigint, name text, remark text);
            INSERT INTO town SELECT n, 'town' FROM generate_series(1, 10) AS n;
            INSERT INTO person
            SELECT n, 'gEhEiM' || n || '@example.org', '2000-01-01', 'a', 'gEhEiM', '{"p": "gEhEiM"}', n % 10 + 1,
                   'gEhEiM-' || n, 'gEhEiM nick ' || n, '1', n, 'name ' || n, 'gEhEiM r'
              FROM generate_series(1, 400) AS n;
            -- each kind of refusal, by the last digits of the key
            UPDATE person SET born = 'gEhEiM' WHERE id = 11;                        -- conversion
            UPDATE person SET grade = 'gEhEiM' WHERE id = 12;                       -- map
            UPDATE person SET card = repeat('gEhEiM', 5) WHERE id = 13;             -- too long
            UPDATE person SET papers = '{gEhEiM' WHERE id = 14;                     -- JSON
            UPDATE person SET town_id = 77001177 WHERE id = 15;                     -- orphan
            UPDATE person SET phone = 'gEhEiM-refused' WHERE id IN (16, 17);        -- CHECK, one by COPY and one by one
            UPDATE person SET nick = 'gEhEiM nick 1' WHERE id IN (18, 19);          -- unique index without a rule
            UPDATE person SET remark = 'gEhEiM raise' WHERE id IN (20, 21, 22);     -- trigger
            UPDATE person SET code = 'gEhEiM' WHERE id IN (23, 24);                 -- cast by the source
            UPDATE person SET size = 7700117000000 WHERE id = 25;                   -- out of range
            UPDATE person SET name = NULL WHERE id IN (26, 27);                     -- NOT NULL, found by us
            ANALYZE
            """
        private static let target = """
            CREATE TABLE towns (id uuid PRIMARY KEY, name text, legacy_id bigint UNIQUE);
            CREATE TABLE people (id uuid PRIMARY KEY, email text UNIQUE, born date, grade text, card varchar(20), papers jsonb,
                                 town_id uuid, phone text CHECK (phone NOT LIKE '%refused%'), nick text UNIQUE, code integer,
                                 size integer, name text NOT NULL, remark text, legacy_id bigint UNIQUE);
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.remark LIKE '%raise' AND NEW.legacy_id = 20 THEN
                    RAISE EXCEPTION 'no: %', NEW.email USING DETAIL = NEW.phone, HINT = NEW.nick;
                ELSIF NEW.remark LIKE '%raise' THEN
                    RAISE EXCEPTION USING MESSAGE = NEW.email, ERRCODE = 'check_violation', HINT = NEW.nick;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION refuse()
            """
        private static let entities = """
            towns:
              from: town
              to: towns
              legacy: legacy_id
              tag: 1
            people:
              from: person
              to: people
              legacy: legacy_id
              tag: 2
              triggers: keep
              columns:
                email: { sql: "lower(email)", pii: true }
                born: { from: born, pii: true }
                grade: { map: { a: A }, from: grade, pii: true }
                card: { from: card, pii: true }
                papers: { json: papers, on_invalid: reject, pii: true }
                town_id: { ref: towns, by: town_id, pii: true }
                phone: { from: phone, pii: true }
                nick: { from: nick, pii: true }
                code: { sql: "code::integer", pii: true }
                size: { from: size, pii: true }
                remark: { from: remark, pii: true }
            """

        @Test func noLogNoOutputAndNoControlTableHoldsAPersonalValue() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 50",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator(["--log-level", "trace"])
                try migration.startWorker("w1", slots: 2, ["--log-level", "trace"])
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                let rejected = try migration.rows(
                    .target,
                    "SELECT source_key FROM godwit.rejects WHERE entity = 'people' ORDER BY 1"
                )
                // Of three rows with one nick the first stays.
                #expect(rejected == (11...27).map(String.init), "\(migration.logs)")
                // The stored rows have them, or the search would find nothing anyway.
                try migration.expect(
                    ["17"],
                    "SELECT count(*) FROM godwit.rejects WHERE source_row::text ~* 'geheim|7700117'"
                )
                try Self.expectCleanSchema(migration)
                try await Self.expectCleanOutputs(migration, rejects: rejected)
                try Self.expectCleanLogs(migration)
            }
        }

        /// An error that stops the shard, with any SQLSTATE a function likes.
        @Test(arguments: ["42501", "40001", "57000", "XX000", "F0000"])
        func anErrorThatStopsTheShardTellsNoValueEither(state: String) async throws {
            let raise =
                "RAISE EXCEPTION USING MESSAGE = NEW.email, DETAIL = NEW.phone, HINT = NEW.nick, ERRCODE = '\(state)'"
            let target = Self.target.replacing(
                "RETURN NEW;",
                with: "IF NEW.legacy_id = 300 THEN \(raise); END IF; RETURN NEW;"
            )
            try await Migration.with(
                source: Self.source,
                target: target,
                run: "shard_rows: 50",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("w1")
                try await migration.wait(
                    until:
                        "EXISTS (SELECT FROM godwit.attempts WHERE message LIKE '%withheld%' AND sql_state = '\(state)')"
                )
                coordinator.signal(SIGTERM)
                _ = await coordinator.exitStatus()
                try Self.expectCleanSchema(migration)
                try Self.expectCleanLogs(migration)
            }
        }

        @Test func checkTellsNoValueEither() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                entities: Self.entities + "\n  unique:\n    - { columns: [code], keep: lowest_key }"
            ) { migration in
                let check = try migration.start(["check", "--plan", migration.planFile.path])
                #expect(await check.exitStatus() == 65)
                #expect(check.log.contains("failing-sql"), "\(check.log)")
                try Self.expectCleanLogs(migration)
            }
        }

        @Test func purgeRemovesTheStoredRowsAndNothingElse() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                let rejects = try migration.rejects
                let unasked = try migration.start(["purge"])
                #expect(await unasked.exitStatus() == 64)
                let dry = try migration.start(["purge", "--dry-run"])
                #expect(await dry.exitStatus() == 0)
                let young = try migration.start(["purge", "--older-than", "1h", "--yes"])
                #expect(await young.exitStatus() == 0)
                try migration.expect(["17"], "SELECT count(source_row) FROM godwit.rejects")
                // What a replay is at work on is left, and that is said.
                let replaying = try migration.connect(.target)
                try replaying.execute("BEGIN")
                try replaying.execute("SELECT FROM godwit.rejects WHERE source_key = 11 FOR UPDATE")
                let partial = try migration.start(["purge", "--run", "1", "--yes"])
                #expect(await partial.exitStatus() == 1, "\(partial.log)")
                #expect(partial.log.contains("16 stored source rows removed"), "\(partial.log)")
                #expect(partial.log.contains("1 stored source row ("), "\(partial.log)")
                try replaying.execute("ROLLBACK")
                let purge = try migration.start(["purge", "--run", "1", "--yes"])
                #expect(await purge.exitStatus() == 0, "\(purge.log)")
                #expect(purge.log.contains("1 stored source row removed"))
                try migration.expect(["0|17"], "SELECT count(source_row), count(purged_at) FROM godwit.rejects")
                #expect(try migration.rejects == rejects)
                try migration.expect(
                    ["16|t", "1|t"],
                    """
                    SELECT data ->> 'rows', data ->> 'role' = session_user FROM godwit.events
                     WHERE message LIKE 'stored source rows purged%' ORDER BY id
                    """
                )
                // And the rows still come when they are mended.
                try migration.execute(.source, "UPDATE person SET born = '2001-01-01' WHERE id = 11")
                let replay = try migration.start(["rejects", "replay", "--key", "11", "--entity", "people"])
                #expect(await replay.exitStatus() == 2, "\(replay.log)")
                try migration.expect(["2001-01-01"], "SELECT born FROM people WHERE legacy_id = 11")
            }
        }

        // The search.

        private static func finds(_ text: String) -> [Substring] {
            text.split(separator: "\n")
                .filter { $0.lowercased().contains(Self.secret.lowercased()) || $0.contains(Self.number) }
        }

        private static func expectCleanLogs(_ migration: Migration, location: SourceLocation = #_sourceLocation) throws
        {
            #expect(Self.finds(migration.logs) == [], sourceLocation: location)
        }

        private static func expectCleanSchema(_ migration: Migration, location: SourceLocation = #_sourceLocation)
            throws
        {
            let columns = try migration.rows(
                .target,
                """
                SELECT format('SELECT %L WHERE EXISTS (SELECT FROM godwit.%I WHERE %I::text ~* %L)',
                              table_name || '.' || column_name, table_name, column_name, 'geheim|7700117')
                  FROM information_schema.columns
                 WHERE table_schema = 'godwit' AND (table_name, column_name) <> ('rejects', 'source_row')
                   AND data_type NOT IN ('bigint', 'integer', 'timestamp with time zone', 'boolean', 'uuid')
                """
            )
            #expect(columns.count > 50, sourceLocation: location)
            #expect(
                try migration.rows(.target, columns.joined(separator: " UNION ALL ")) == [],
                sourceLocation: location
            )
        }

        private static func expectCleanOutputs(_ migration: Migration, rejects: [String]) async throws {
            var commands = [
                ["rejects"], ["rejects", "ls", "--limit", "0", "--json", "--all"], ["rejects", "counts", "--json"],
                ["rejects", "export", "--format", "csv"], ["rejects", "export", "--format", "jsonl", "--all"],
                ["shards"], ["shards", "--json"], ["events"], ["events", "--json"], ["status"], ["status", "--json"],
                ["workers", "--json"], ["check", "--plan", migration.planFile.path],
            ]
            commands += rejects.prefix(4).map { ["rejects", "show", "people", $0] }
            commands += rejects.suffix(12).map { ["rejects", "show", "people", $0, "--json"] }
            for shard in try migration.rows(.target, "SELECT 's' || id FROM godwit.shards ORDER BY id LIMIT 2") {
                commands.append(["shard", "show", shard, "--json"])
            }
            for command in commands {
                let process = try migration.start(command)
                _ = await process.exitStatus()
                #expect(!process.log.isEmpty, "\(command)")
                #expect(Self.finds(process.log) == [], "\(command)")
            }
            let asked = try migration.start([
                "rejects", "export", "--format", "jsonl", "--with-source-row", "--output", migration.exportFile,
            ])
            #expect(await asked.exitStatus() == 0)
            let export = try String(contentsOfFile: migration.exportFile, encoding: .utf8)
            #expect(Self.finds(export).count == 17)
        }
    }
}

extension Migration {
    fileprivate var exportFile: String {
        self.planFile.deletingLastPathComponent().appendingPathComponent("rejects.jsonl").path
    }
}
