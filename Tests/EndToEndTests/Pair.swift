import Testing

/// Two entities, the second referring to the first, for tests that disturb a migration in its middle.
enum Pair {
    /// The row with key 250 of the first waits for an advisory lock, which a test may hold.
    static let source = """
        CREATE FUNCTION held(key bigint) RETURNS text LANGUAGE plpgsql AS $$
            BEGIN
                IF key = 250 THEN
                    PERFORM pg_advisory_lock_shared(4711);
                    PERFORM pg_advisory_unlock_shared(4711);
                END IF;
                RETURN 'row ' || key;
            END $$;
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

    /// Whether a worker waits for the lock: its shard is leased and its COPY has begun.
    static let isBlocked = """
        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """

    static let trigger = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'updated_at'"

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
