import Foundation
import Testing

extension EndToEnd {
    /// Rejects that are replayed after the source or the plan was corrected.
    @Suite struct ReplayTests {
        private static let source = """
            CREATE TABLE office (id integer PRIMARY KEY, name text, opened text);
            CREATE TABLE doctor (id integer PRIMARY KEY, office_id integer, email text, grade integer);
            CREATE TABLE patient (id integer PRIMARY KEY, doctor_id integer, office_id integer, notes text);
            INSERT INTO office SELECT n, 'office ' || n, '2020-01-01' FROM generate_series(1, 200) AS n;
            INSERT INTO doctor SELECT n, n % 200 + 1, 'd' || n || '@example.org', n % 3 + 1 FROM generate_series(1, 400) AS n;
            INSERT INTO patient SELECT n, n % 400 + 1, n % 200 + 1, '{"n": ' || n || '}' FROM generate_series(1, 800) AS n;
            -- 5 offices that are no dates: their doctors are orphans, and so are those doctors' patients.
            UPDATE office SET opened = 'soon' WHERE id <= 5;
            -- a code that the plan does not list, losers of the unique rule, texts that are no JSON, one more orphan
            UPDATE doctor SET grade = 9 WHERE id BETWEEN 100 AND 109;
            UPDATE doctor SET email = 'd50@example.org' WHERE id IN (51, 52);
            UPDATE patient SET notes = '{' WHERE id BETWEEN 300 AND 304;
            UPDATE patient SET office_id = 999 WHERE id = 700;
            ANALYZE
            """
        private static let target = """
            CREATE TABLE offices (id uuid PRIMARY KEY, name text, opened date, legacy_id bigint UNIQUE);
            CREATE TABLE doctors (id uuid PRIMARY KEY, office_id uuid NOT NULL REFERENCES offices, email text UNIQUE,
                                  grade text NOT NULL, legacy_id bigint UNIQUE);
            CREATE TABLE patients (id uuid PRIMARY KEY, doctor_id uuid NOT NULL REFERENCES doctors, office_id uuid,
                                   notes jsonb, legacy_id bigint UNIQUE)
            """
        private static func entities(grades: String = "{ 1: low, 2: middle, 3: high }", tag: Int = 2) -> String {
            """
            offices:
              from: office
              to: offices
              legacy: legacy_id
              tag: 1
            doctors:
              from: doctor
              to: doctors
              legacy: legacy_id
              tag: \(tag)
              columns:
                office_id: { ref: offices, by: office_id }
                email: email
                grade: { map: \(grades), from: grade }
              unique:
                - { columns: [email], keep: lowest_key }
            patients:
              from: patient
              to: patients
              legacy: legacy_id
              tag: 3
              columns:
                doctor_id: { ref: doctors, by: doctor_id }
                office_id: { ref: offices, by: office_id, on_orphan: null }
                notes: { json: notes, on_invalid: reject }
            """
        }

        /// What a plan without rejects would bring: every row of the source with its parents' UUIDs.
        private static let missing = """
            SELECT (SELECT count(*) FROM offices), (SELECT count(*) FROM doctors WHERE office_id =
                        godwit.uuid('offices', legacy_id % 200 + 1)),
                   (SELECT count(*) FROM patients WHERE doctor_id = godwit.uuid('doctors', legacy_id % 400 + 1))
            """

        @Test func exactlyTheCorrectedRowsCome() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities()) { migration in
                #expect(try await migration.migrate(workers: 2) == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                let before = try migration.rejects
                #expect(before.contains("offices|1|invalid_value"))
                let keys = try Self.keys(migration)

                // Of the source: 3 offices, one loser's address, 3 documents, a doctor is gone.
                try migration.execute(
                    .source,
                    """
                    UPDATE office SET opened = '2021-05-05' WHERE id <= 3;
                    UPDATE doctor SET email = 'fresh@example.org' WHERE id = 51;
                    UPDATE patient SET notes = '{}' WHERE id BETWEEN 300 AND 302;
                    DELETE FROM patient WHERE id = 304;
                    -- rejected for one reason, and now for another
                    UPDATE patient SET doctor_id = 5000 WHERE id = 303
                    """
                )
                // Of the plan: the code.
                try migration.write(
                    plan: Migration.plan(
                        "shard_rows: 100",
                        "ordered",
                        Self.entities(grades: "{ 1: low, 2: middle, 3: high, 9: top }")
                    )
                )
                let replay = try migration.start(["rejects", "replay", "--all", "--plan", migration.planFile.path])
                // Two snapshots, honestly.
                #expect(await replay.exitStatus() == 2, "\(migration.logs)")
                try Self.expectCorrected(migration, before: keys)
                try Self.expectRecords(migration)

                // Once more changes nothing.
                let rows = try Self.keys(migration)
                let rejects = try migration.rejects
                let again = try migration.start(["rejects", "replay", "--all"])
                #expect(await again.exitStatus() == 2, "\(migration.logs)")
                #expect(try Self.keys(migration) == rows)
                #expect(try migration.rejects == rejects)
                try migration.expectSumsToAgree()
                #expect(again.log.contains("replayed: 0 migrated"), "\(again.log)")
            }
        }

        private static func keys(_ migration: Migration) throws -> [String] {
            try ["offices", "doctors", "patients"]
                .flatMap { try migration.rows(.target, "SELECT '\($0)', legacy_id FROM \($0) ORDER BY 2") }
        }

        private static func expectCorrected(_ migration: Migration, before: [String]) throws {
            try migration.expectSumsToAgree()
            // Of 200 offices 2 are no dates still; doctor n has office n % 200 + 1: 203, 204, 403 …
            var expected: Set<String> = []
            let offices = Set((1...200).filter { $0 > 5 || $0 <= 3 })
            let doctors = Set((1...400).filter { offices.contains($0 % 200 + 1) && $0 != 52 })
            for office in offices { expected.insert("offices|\(office)") }
            for doctor in doctors { expected.insert("doctors|\(doctor)") }
            for patient in 1...800 where doctors.contains(patient % 400 + 1) && patient != 303 && patient != 304 {
                expected.insert("patients|\(patient)")
            }
            let found = Set(try Self.keys(migration))
            #expect(found.subtracting(expected).sorted() == [])
            #expect(expected.subtracting(found).sorted() == [])
            #expect(Set(before).isSubset(of: found))
            try migration.expect(
                ["10"],
                "SELECT count(*) FROM doctors WHERE grade = 'top' AND legacy_id BETWEEN 100 AND 109"
            )
            try migration.expect(["799"], from: .source, "SELECT count(*) FROM patient")
            try migration.expect(
                ["799"],
                "SELECT sum(source_rows)::bigint FROM godwit.shards WHERE entity = 'patients'"
            )
        }

        private static func expectRecords(_ migration: Migration) throws {
            try migration.expect(
                ["gone|invalid_json|304", "superseded|invalid_json|303"],
                """
                SELECT resolution, reason, source_key FROM godwit.rejects
                 WHERE resolution IN ('gone', 'superseded') ORDER BY 1
                """
            )
            try migration.expect(
                ["303|orphan|doctors|5000"],
                """
                SELECT source_key, reason, parent_entity, parent_key FROM godwit.rejects
                 WHERE entity = 'patients' AND source_key = 303 AND resolved_at IS NULL
                """
            )
            // Those that fail as before keep their reject.
            try migration.expect(
                ["4|1", "5|1"],
                "SELECT source_key, tries FROM godwit.rejects WHERE entity = 'offices' AND resolved_at IS NULL ORDER BY 1"
            )
            try migration.expect(
                ["1|t|{}", "2|t|{doctors.grade}"],
                """
                SELECT number, created_by = session_user, changes FROM godwit.plan_revisions ORDER BY number
                """
            )
            try migration.expect(
                ["2|t|completed"],
                "SELECT plan_revision, is_mixed, status FROM godwit.migration_runs"
            )
            try migration.expect(["2"], "SELECT DISTINCT plan_revision FROM godwit.shards WHERE kind = 'replay'")
            try migration.expect(["2"], "SELECT DISTINCT snapshot FROM godwit.shards WHERE kind = 'replay'")
        }

        @Test func aPlanThatMovesRowsIsNoRevision() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities()) { migration in
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                let rejects = try migration.rejects
                try migration.write(plan: Migration.plan("shard_rows: 100", "ordered", Self.entities(tag: 77)))
                let replay = try migration.start(["rejects", "replay", "--all", "--plan", migration.planFile.path])
                #expect(await replay.exitStatus() == 65)
                #expect(replay.log.contains("doctors.tag: 2 became 77"), "\(replay.log)")
                #expect(try migration.rejects == rejects)
                try migration.expect(["1|completed"], "SELECT plan_revision, status FROM godwit.migration_runs")
                try migration.expect([], "SELECT id FROM godwit.shards WHERE kind = 'replay'")
            }
        }

        @Test func aRevisionStandsWithoutAReplayAndAPausedRunStaysPaused() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities()) { migration in
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                try migration.write(
                    plan: Migration.plan(
                        "shard_rows: 100",
                        "ordered",
                        Self.entities(grades: "{ 1: low, 2: middle, 3: top }")
                    )
                )
                let none = try migration.start([
                    "rejects", "replay", "--entity", "offices", "--reason", "orphan", "--plan", migration.planFile.path,
                ])
                #expect(await none.exitStatus() == 0, "\(none.log)")
                #expect(
                    none.log.contains("nothing to replay\nthe plan is revision 2 now (doctors.grade)"),
                    "\(none.log)"
                )
                try migration.expect(["2|completed"], "SELECT plan_revision, status FROM godwit.migration_runs")
                try migration.expect(
                    ["1"],
                    "SELECT count(*) FROM godwit.events WHERE message = 'plan corrected by an operator'"
                )

                try migration.execute(
                    .target,
                    "UPDATE godwit.migration_runs SET status = 'paused', pause_cause = 'operator', completed_at = NULL"
                )
                let held = try migration.start(["rejects", "replay", "--all"])
                #expect(await held.exitStatus() == 0, "\(held.log)")
                #expect(held.log.contains("the run is paused; godwit resume 1 replays them"), "\(held.log)")
                try migration.expect(
                    ["pending"],
                    "SELECT DISTINCT state FROM godwit.shards WHERE kind = 'replay'"
                )
            }
        }

        @Test func aKilledReplayIsGoneOnWith() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target + """
                    ;CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_sleep(CASE WHEN current_setting('application_name') LIKE 'gdw:%' THEN 0.2 ELSE 0 END); RETURN NEW; END $$
                    """,
                entities: Self.entities()
            ) { migration in
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                try migration.execute(.source, "UPDATE office SET opened = '2021-05-05' WHERE id <= 5")
                let asked = try migration.start(["rejects", "replay", "--entity", "offices", "--no-run"])
                #expect(await asked.exitStatus() == 0, "\(asked.log)")
                try migration.execute(
                    .target,
                    "CREATE TRIGGER slow BEFORE INSERT ON offices FOR EACH ROW EXECUTE FUNCTION slow()"
                )
                let coordinator = try migration.start([
                    "coordinator", "--run", "\(migration.run)", "--lease-seconds", "3",
                ])
                let worker = try migration.startWorker("doomed")
                try await migration.wait(
                    until: "EXISTS (SELECT FROM godwit.shards WHERE kind = 'replay' AND state = 'leased')"
                )
                await worker.kill()
                try migration.startWorker("second")
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expect(["200|200"], "SELECT count(*), count(DISTINCT legacy_id) FROM offices")
                try migration.expect(
                    ["0"],
                    "SELECT count(*) FROM godwit.rejects WHERE resolved_at IS NULL AND reason = 'orphan' AND entity = 'doctors'"
                )
            }
        }
    }
}
