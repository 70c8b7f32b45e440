import Testing

extension EndToEnd {
    /// Rows of megabytes, whose fields go from the source's memory to the target.
    @Suite struct WideRowTests {
        private static let source = """
            CREATE TABLE thing (id integer PRIMARY KEY, body text, amount integer, doc text, note text);
            INSERT INTO thing SELECT n, 'body ' || n, n, format('{"n": %s}', n), 'note ' || n
              FROM generate_series(1, 300) AS n;
            UPDATE thing SET body = repeat(md5(id::text), CASE id WHEN 51 THEN 560000 ELSE 160000 END), note = repeat(md5(id::text), 3000)
             WHERE id IN (50, 51, 150, 210, 250);
            UPDATE thing SET doc = format('{"n": %s, "text": "%s"}', id, repeat(md5(id::text), 160000))
             WHERE id IN (1, 51, 150, 300);
            UPDATE thing SET amount = -1 WHERE id IN (149, 150, 250);
            UPDATE thing SET body = body || E' \\t\\\\ \\n\\r "é\\\\N' WHERE amount = -1; ANALYZE
            """
        private static let target = """
            CREATE TABLE things (id uuid PRIMARY KEY, body text, amount integer CHECK (amount > 0), doc jsonb, note text,
                legacy_id bigint UNIQUE)
            """
        private static let entities = """
            things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { doc: { json: doc } } }
            """

        /// 51 is so wide that its slot's next shard begins with another session on the source.
        ///
        /// 250 is its shard's only refused row, 150 is refused beside another one of its batch: row by row.
        @Test func wideRowsArriveAndRefusedOnesBecomeRejects() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|300|297|3|0"])
                let digest = """
                    SELECT md5(string_agg(concat_ws(',', %, md5(body), amount, md5(doc::jsonb::text), md5(note)), ';' ORDER BY %))
                    """
                let sent = try migration.rows(
                    .source,
                    digest.replacing("%", with: "id") + " FROM thing WHERE id NOT IN (149, 150, 250)"
                )
                try migration.expect(sent, digest.replacing("%", with: "legacy_id") + " FROM things")
                try migration.expect(
                    ["149|refused:23514|t", "150|refused:23514|t", "250|refused:23514|t"],
                    """
                    SELECT source_key, reason,
                           source_row ->> 'body' = CASE WHEN source_key = 149 THEN 'body 149'
                               ELSE repeat(md5(source_key::text), 160000) END || E' \\t\\\\ \\n\\r "é\\\\N'
                      FROM godwit.rejects ORDER BY 1
                    """
                )
            }
        }
    }
}
