import ControlStore
import Testing

extension EndToEnd {
    @Suite struct FailedShardTests {
        private static let source = """
            CREATE TABLE office (id integer PRIMARY KEY, name text);
            CREATE TABLE doctor (id integer PRIMARY KEY, office_id integer, mentor_id integer);
            CREATE TABLE patient (id integer PRIMARY KEY, doctor_id integer, office_id integer);
            CREATE TABLE room (id integer PRIMARY KEY, office_id integer);
            INSERT INTO room SELECT n, n % 300 + 1 FROM generate_series(1, 900) AS n;
            INSERT INTO office SELECT n, 'o' || n FROM generate_series(1, 300) AS n;
            INSERT INTO doctor SELECT n, n % 300 + 1, 601 - n FROM generate_series(1, 600) AS n;
            INSERT INTO patient SELECT n, n % 600 + 1, n % 310 FROM generate_series(1, 900) AS n;
            ANALYZE
            """
        private static let target = """
            CREATE TABLE offices (id uuid PRIMARY KEY, name text, legacy_id bigint UNIQUE);
            CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF NEW.name = 'o150' THEN RAISE 'broken' USING ERRCODE = 'XX000'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER broken BEFORE INSERT ON offices FOR EACH ROW EXECUTE FUNCTION break();
            CREATE TABLE doctors (id uuid PRIMARY KEY, office_id uuid NOT NULL REFERENCES offices,
                                  mentor_id uuid REFERENCES doctors, legacy_id bigint UNIQUE);
            CREATE TABLE patients (id uuid PRIMARY KEY, doctor_id uuid REFERENCES doctors, office_id uuid, legacy_id bigint UNIQUE);
            CREATE TABLE rooms (id uuid PRIMARY KEY, office_id uuid, is_touched boolean NOT NULL, legacy_id bigint UNIQUE);
            CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.is_touched = true; RETURN NEW; END';
            CREATE TRIGGER touched BEFORE UPDATE ON rooms FOR EACH ROW EXECUTE FUNCTION touch()
            """
        private static let entities = """
            offices:
              from: office
              to: offices
              legacy: legacy_id
              tag: 1
              triggers: keep
            doctors:
              from: doctor
              to: doctors
              legacy: legacy_id
              tag: 2
              columns:
                office_id: { ref: offices, by: office_id }
                mentor_id: { ref: doctors, by: mentor_id, on_orphan: null }
            patients:
              from: patient
              to: patients
              legacy: legacy_id
              tag: 3
              columns:
                doctor_id: { ref: doctors, by: doctor_id }
                office_id: { ref: offices, by: office_id, on_orphan: null }
            rooms:
              from: room
              to: rooms
              legacy: legacy_id
              tag: 4
              columns:
                office_id: { ref: offices, by: office_id, on_orphan: null, deferred: true }
                is_touched: { value: "false" }
            """

        /// The target fails in a way that names no row and is no refusal of one, so the shard is halved down to it.
        ///
        /// That office is pending, and so is whoever refers to it, directly or not; everybody else arrives.
        @Test func aPoisonedShardIsHalvedDownToItsRowAndItsDescendantsComeWithTheRetry() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(
                    ["offices|150|151|XX000"],
                    "SELECT entity, lower_key, upper_key, sql_state FROM godwit.shards WHERE state = 'failed'"
                )
                try migration.expect(
                    ["299|598|894|900"],
                    """
                    SELECT (SELECT count(*) FROM offices), (SELECT count(*) FROM doctors), (SELECT count(*) FROM patients),
                           (SELECT count(*) FROM rooms)
                    """
                )
                try migration.expect(
                    ["doctors|149,449", "patients|148,150,448,460,748,770"],
                    """
                    SELECT entity, string_agg(source_key::text, ',' ORDER BY source_key) FROM godwit.rejects
                     WHERE reason = 'parent_pending' GROUP BY entity ORDER BY entity
                    """
                )
                try Self.expectTiles(migration)
                // Halves have one attempt each, and it is that which is told.
                try migration.expect(
                    ["1"],
                    "SELECT count(*) FROM godwit.events WHERE message LIKE 'failed after 1 attempt: %'"
                )
                try await Self.repairAndRetry(migration)
                // The retry's snapshot was meant; who led when, and how it ended, is told.
                try migration.expect(
                    ["0|1|t|1"],
                    """
                    SELECT count(*) FILTER (WHERE data ->> 'kind' = 'snapshot-lost'),
                           count(*) FILTER (WHERE message = 'the run was begun'),
                           count(*) FILTER (WHERE message = 'a coordinator was started') > 0,
                           count(*) FILTER (WHERE data ->> 'kind' = 'run-incomplete' AND message LIKE '%1 failed shard:%')
                      FROM godwit.events
                    """
                )
                try Self.expectEverything(migration)
                try Self.expectTiles(migration)
            }
        }

        /// Halves cover their shard exactly, and it takes no more of them than halving does.
        private static func expectTiles(_ migration: Migration) throws {
            try migration.expect(
                ["t|t|t"],
                """
                SELECT count(*) <= 7, bool_and(message LIKE '%broken%'),
                       bool_and((SELECT count(*) = 2 AND min(origin) = coalesce(split.origin, split.id)
                                   FROM godwit.shards AS half WHERE half.parent = split.id))
                  FROM godwit.shards AS split WHERE state = 'split'
                """
            )
            try migration.expect(
                [],
                """
                SELECT * FROM (SELECT lower_key, lag(upper_key) OVER place AS before, row_number() OVER place AS number
                                 FROM godwit.shards WHERE entity = 'offices' AND kind = 'copy' AND state <> 'split'
                               WINDOW place AS (ORDER BY lower_key NULLS FIRST)) AS tiles
                 WHERE CASE WHEN number = 1 THEN lower_key IS NOT NULL ELSE lower_key IS DISTINCT FROM before END
                """
            )
        }

        private static func repairAndRetry(_ migration: Migration) async throws {
            try migration.execute(.target, "DROP TRIGGER broken ON offices")
            let shards = try await migration.store.retry(.failed, in: migration.run)
            #expect(shards.count == 1)
            let again = try migration.start(["coordinator", "--run", "\(migration.run)", "--lease-seconds", "3"])
            try migration.startWorker("late")
            // The run's snapshot has gone with its processes, so there are two: honest about it.
            #expect(await again.exitStatus() == 2, "\(migration.logs)")
        }

        private static func expectEverything(_ migration: Migration) throws {
            try migration.expectSumsToAgree()
            try migration.expectTotals([
                "doctors|600|600|0|0", "offices|300|300|0|0", "patients|900|900|0|0", "rooms|900|900|0|0",
            ])
            // Filled again long after the load, and still no trigger of the target saw it.
            try migration.expect(
                ["900|0|O"],
                """
                SELECT count(*) FILTER (WHERE office_id = godwit.uuid('offices', legacy_id % 300 + 1)),
                       count(*) FILTER (WHERE is_touched),
                       (SELECT tgenabled FROM pg_trigger WHERE tgname = 'touched') FROM rooms
                """
            )
            try migration.expect([], "SELECT id, state FROM godwit.shards WHERE state NOT IN ('done', 'split')")
            try migration.expect(
                ["600|600"],
                """
                SELECT count(*) FILTER (WHERE office_id = godwit.uuid('offices', legacy_id % 300 + 1)),
                       count(*) FILTER (WHERE mentor_id = godwit.uuid('doctors', 601 - legacy_id)) FROM doctors
                """
            )
            // 301 to 309 and 0 are no offices.
            try migration.expect(
                ["900|900"],
                """
                SELECT count(*) FILTER (WHERE doctor_id = godwit.uuid('doctors', legacy_id % 600 + 1)),
                       count(*) FILTER (WHERE office_id IS NOT DISTINCT FROM
                           CASE WHEN legacy_id % 310 BETWEEN 1 AND 300 THEN godwit.uuid('offices', legacy_id % 310) END)
                  FROM patients
                """
            )
        }
    }
}
