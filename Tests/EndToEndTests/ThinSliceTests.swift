import Testing

extension EndToEnd {
    @Suite struct ThinSliceTests {
        private static let source = """
            CREATE TABLE office (id integer PRIMARY KEY, name varchar(40));
            CREATE TABLE doctor (id serial PRIMARY KEY, office_id integer, full_name text, created timestamptz DEFAULT now());
            CREATE TABLE visit (id bigint PRIMARY KEY, doctor_id integer, office_id integer, cents integer, status smallint);
            INSERT INTO office SELECT n, 'office ' || n FROM generate_series(-1, 398) AS n;
            INSERT INTO doctor (office_id, full_name) SELECT n % 398, 'Dr. ' || n FROM generate_series(1, 900) AS n;
            INSERT INTO visit SELECT n * 3, n % 900 + 1, n % 398, n, n % 3 FROM generate_series(1, 3000) AS n;
            ANALYZE
            """
        private static let target = """
            CREATE TYPE progress AS ENUM ('open', 'closed', 'lost');
            CREATE TABLE offices (id uuid PRIMARY KEY, name text NOT NULL, legacy_id bigint UNIQUE);
            CREATE TABLE doctors (id uuid PRIMARY KEY, office_id uuid NOT NULL REFERENCES offices, full_name text,
                                  created timestamptz, legacy_id bigint UNIQUE);
            CREATE TABLE visits (id uuid PRIMARY KEY, doctor_id uuid REFERENCES doctors, office_id uuid REFERENCES offices,
                                 amount numeric(12,2), status progress NOT NULL, legacy_id bigint UNIQUE)
            """
        private static let entities = """
            offices: { from: office, to: offices, legacy: legacy_id, tag: 1 }
            doctors:
              from: doctor
              to: doctors
              legacy: legacy_id
              tag: 2
              columns:
                office_id: { ref: offices, by: office_id }
            visits:
              from: visit
              to: visits
              legacy: legacy_id
              tag: 3
              columns:
                doctor_id: { ref: doctors, by: doctor_id }
                office_id: { ref: offices, by: office_id, on_orphan: null }
                amount: { sql: "cents / 100.0" }
                status: { from: status, map: { 0: open, 1: closed, 2: lost } }
            """

        @Test func threeEntitiesArriveWholeThroughTwoWorkers() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["doctors|900|900|0|0", "offices|400|400|0|0", "visits|3000|3000|0|0"])
                try migration.expect(["0|0|0"], Self.wrongRows)
                try Self.expectLedger(migration)
            }
        }

        /// Rows of each entity whose values or references are not what the source says.
        private static let wrongRows = """
            SELECT (SELECT count(*) FROM offices WHERE id <> godwit.uuid('offices', legacy_id)
                       OR name <> 'office ' || legacy_id OR godwit.legacy('offices', id) <> legacy_id),
                   (SELECT count(*) FROM doctors WHERE id <> godwit.uuid('doctors', legacy_id)
                       OR office_id <> godwit.uuid('offices', legacy_id % 398)),
                   (SELECT count(*) FROM visits WHERE doctor_id <> godwit.uuid('doctors', legacy_id / 3 % 900 + 1)
                       OR amount <> round(legacy_id / 3 / 100.0, 2)
                       OR status <> (ARRAY['open', 'closed', 'lost'])[legacy_id / 3 % 3 + 1]::progress)
            """

        private static func expectLedger(_ migration: Migration) throws {
            try migration.expect(["initial|completed"], "SELECT migration_type, status FROM godwit.migration_runs")
            try migration.expect(["t"], "SELECT count(*) > 20 FROM godwit.shards")
            try migration.expect(
                ["done|done"],
                "SELECT DISTINCT s.state, a.outcome FROM godwit.shards s JOIN godwit.attempts a ON a.shard_id = s.id"
            )
            try migration.expect(
                ["t|t"],
                """
                SELECT count(*) = count(DISTINCT shard_id), count(*) = (SELECT count(*) FROM godwit.shards)
                  FROM godwit.migration_change_log
                """
            )
            try migration.expect(
                ["doctors|900|900", "offices|400|400", "visits|3000|3000"],
                """
                SELECT entity_type, count(*), count(DISTINCT uuid_value) FROM godwit.uuid_mapping_audit
                 GROUP BY entity_type ORDER BY entity_type
                """
            )
            // Visits are nobody's parent, so nobody needs to know which are there.
            try migration.expect(
                ["doctors", "offices"],
                "SELECT DISTINCT entity FROM godwit.shard_presence ORDER BY entity"
            )
            try migration.expect(["2"], "SELECT count(*) FROM godwit.workers")
        }
    }
}
