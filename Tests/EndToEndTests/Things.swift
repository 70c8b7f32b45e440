/// One entity of 500 rows, one of them a ``HeldRow``, for tests that disturb a migration in its middle.
enum Things {
    static let source = """
        \(HeldRow.function)
        CREATE TABLE thing (id integer PRIMARY KEY);
        INSERT INTO thing SELECT generate_series(1, 500); ANALYZE
        """
    static let target = "CREATE TABLE things (id uuid PRIMARY KEY, label text, legacy_id bigint UNIQUE)"
    static let entities = """
        things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { label: { sql: "held(id)" } } }
        """

    /// A migration of them.
    static func migration(
        target: String = Self.target,
        run: String = "shard_rows: 100",
        _ body: (Migration) async throws -> Void
    ) async throws {
        try await Migration.with(source: Self.source, target: target, run: run, entities: Self.entities, body)
    }
}
