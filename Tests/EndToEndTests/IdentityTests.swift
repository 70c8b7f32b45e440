import Testing

extension EndToEnd {
    /// Each way to make UUIDs, with children that look them up.
    @Suite struct IdentityTests {
        private static let source = """
            CREATE TABLE person (id integer PRIMARY KEY, login uuid, name text);
            CREATE TABLE note (id integer PRIMARY KEY, person_id integer, text text);
            INSERT INTO person SELECT n, ('00000000-0000-4000-8000-' || lpad((n + 5000)::text, 12, '0'))::uuid, 'p' || n
              FROM generate_series(-50, 450) AS n;
            INSERT INTO person VALUES (2147483647, 'ffffffff-ffff-4fff-8fff-ffffffffffff', 'last');
            INSERT INTO note SELECT n, CASE WHEN n % 10 = 0 THEN 2147483647 ELSE n % 520 - 50 END, 'n' || n
              FROM generate_series(1, 1000) AS n;
            ANALYZE
            """
        private static let target = """
            CREATE TABLE people (id uuid PRIMARY KEY, name text, legacy_id bigint UNIQUE);
            CREATE TABLE notes (id uuid PRIMARY KEY, person_id uuid REFERENCES people, text text, legacy_id bigint UNIQUE)
            """

        private static func entities(_ strategy: String) -> String {
            """
            people: { from: person, to: people, legacy: legacy_id\(strategy == "ordered" ? ", tag: 1" : ""), uuid: \(strategy) }
            notes:
              from: note
              to: notes
              legacy: legacy_id
              tag: 2
              columns:
                person_id: { ref: people, by: person_id, on_orphan: null }
            """
        }

        @Test(arguments: ["ordered", "v5", "v4", "v7"])
        func childrenFindTheirParentsUUIDs(_ strategy: String) async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities(strategy)) {
                migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["notes|1000|1000|0|0", "people|502|502|0|0"])
                try Self.expectChildrenInPlace(migration)
                let version = ["ordered": "8", "v5": "5", "v4": "4", "v7": "7"][strategy]!
                try migration.expect([version], "SELECT DISTINCT substr(id::text, 15, 1) FROM people")
                // SQL computes or looks up the same.
                try migration.expect(
                    ["0|0"],
                    """
                    SELECT count(*) FILTER (WHERE godwit.uuid('people', legacy_id) IS DISTINCT FROM id),
                           count(*) FILTER (WHERE godwit.legacy('people', id) IS DISTINCT FROM legacy_id) FROM people
                    """
                )
            }
        }

        @Test func v5IsTheOneOfTheExtension() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities("v5")) {
                migration in
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                try migration.execute(.target, "CREATE EXTENSION \"uuid-ossp\"")
                let namespace = "6f2c7a0e-5d1b-4c3a-9f00-0123456789ab"
                try migration.expect(
                    ["502"],
                    "SELECT count(*) FROM people WHERE id = uuid_generate_v5('\(namespace)', 'people:' || legacy_id)"
                )
            }
        }

        @Test func storedUUIDsOfAnEarlierToolAreContinued() async throws {
            let entities = """
                people:
                  from: person
                  to: people
                  legacy: legacy_id
                  uuid: stored
                  into: append
                  where: "id < 0"
                notes:
                  from: note
                  to: notes
                  legacy: legacy_id
                  tag: 2
                  columns:
                    person_id: { ref: people, by: person_id, on_orphan: null }
                """
            try await Migration.with(source: Self.source, target: Self.target, entities: entities) { migration in
                // What the other tool brought.
                try migration.execute(
                    .target,
                    "INSERT INTO people SELECT gen_random_uuid(), 'p' || n, n FROM generate_series(0, 450) AS n"
                )
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expect(["501"], "SELECT count(*) FROM people")
                // 2147483647 is in neither.
                try migration.expect(
                    ["0|t"],
                    """
                    SELECT count(*) FILTER (WHERE n.person_id IS DISTINCT FROM p.id), count(n.person_id) > 800
                      FROM notes AS n LEFT JOIN people AS p
                        ON p.legacy_id = CASE WHEN n.legacy_id % 10 = 0 THEN 2147483647 ELSE n.legacy_id % 520 - 50 END
                    """
                )
            }
        }

        @Test func oneUUIDForAUserAndTheirProfile() async throws {
            let target = """
                CREATE SCHEMA auth;
                CREATE TABLE auth.users (id uuid PRIMARY KEY, raw_name text);
                CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users, name text, legacy_id bigint UNIQUE)
                """
            let entities = """
                users:
                  from: person
                  to: auth.users
                  tag: 1
                  columns: { raw_name: name }
                profiles: { from: person, to: profiles, legacy: legacy_id, uuid: { same_as: users } }
                """
            try await Migration.with(source: Self.source, target: target, entities: entities) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expect(
                    ["502|502|502"],
                    """
                    SELECT count(*), count(*) FILTER (WHERE id = godwit.uuid('users', legacy_id)),
                           count(*) FILTER (WHERE id = godwit.uuid('profiles', legacy_id))
                      FROM profiles JOIN auth.users USING (id) WHERE raw_name = name
                    """
                )
            }
        }

        private static func expectChildrenInPlace(_ migration: Migration) throws {
            try migration.expect(
                [],
                """
                SELECT n.legacy_id FROM notes AS n
                  LEFT JOIN people AS p
                    ON p.legacy_id = CASE WHEN n.legacy_id % 10 = 0 THEN 2147483647 ELSE n.legacy_id % 520 - 50 END
                 WHERE n.person_id IS DISTINCT FROM p.id
                """
            )
            try migration.expect(["t"], "SELECT count(person_id) > 800 FROM notes")
        }
    }
}
