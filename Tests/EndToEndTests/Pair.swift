import Postgres
import PostgresFixture
import Testing

/// Two entities, the second referring to the first, which has a ``HeldRow``, for tests that disturb a migration in its middle.
enum Pair {
    static let source = """
        \(HeldRow.function)
        CREATE TABLE parent (id integer PRIMARY KEY);
        CREATE TABLE child (id integer PRIMARY KEY, parent_id integer, label text);
        INSERT INTO parent SELECT generate_series(1, 600);
        INSERT INTO child SELECT n, n % 600 + 1, 'c' FROM generate_series(1, 800) AS n;
        ANALYZE
        """
    static let target = """
        CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE parents (id uuid PRIMARY KEY, label text, legacy_id bigint UNIQUE);
        CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid REFERENCES parents, label text, legacy_id bigint);
        CREATE TRIGGER updated_at BEFORE INSERT ON parents FOR EACH ROW EXECUTE FUNCTION nothing()
        """
    static let entities = """
        parents:
          from: parent
          to: parents
          legacy: legacy_id
          tag: 1
          triggers: suspend
          columns:
            label: { sql: "held(id)" }
        children:
          from: child
          to: children
          legacy: legacy_id
          tag: 2
          columns:
            parent_id: { ref: parents, by: parent_id }
        """

    static let trigger = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'updated_at'"

    /// A migration of both in which the row is held until `letGo` is called.
    static func held(
        servers: [Migration.Side: PrivateServer] = [:],
        run: String = "shard_rows: 100",
        entities: String = Self.entities,
        _ body: (Migration, _ letGo: @escaping () throws -> Void) async throws -> Void
    ) async throws {
        try await Migration.with(
            servers: servers,
            source: Self.source,
            target: Self.target,
            run: run,
            entities: entities
        ) { migration in
            let holder = try migration.connect(.source)
            try holder.execute(HeldRow.hold)
            try await body(migration) { try holder.execute(HeldRow.letGo) }
        }
    }

    /// Expects every row once, with its reference, and the trigger on.
    static func expectEverything(_ migration: Migration) throws {
        try migration.expectSumsToAgree()
        try migration.expectTotals(["children|800|800|0|0", "parents|600|600|0|0"])
        try migration.expect(["600|600|600"], "SELECT count(*), count(DISTINCT legacy_id), count(label) FROM parents")
        try migration.expect(["800|800"], "SELECT count(*), count(DISTINCT legacy_id) FROM children")
        try migration.expect([], "SELECT legacy_id FROM parents WHERE label <> 'row ' || legacy_id")
        try migration.expect(
            [],
            "SELECT legacy_id FROM children WHERE parent_id <> godwit.uuid('parents', legacy_id % 600 + 1)"
        )
        try migration.expect(["O"], Self.trigger)
    }
}
