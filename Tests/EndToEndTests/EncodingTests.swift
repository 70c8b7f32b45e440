import Testing

extension EndToEnd {
    /// Sources that are not in UTF-8.
    @Suite struct EncodingTests {
        @Test func aLatin1SourceArrivesInUTF8() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, name text, doc text);
                    INSERT INTO thing SELECT n, 'Zoë ' || chr(223) || n, '{"ä": "ö"}' FROM generate_series(1, 200) AS n; ANALYZE
                    """,
                sourceEncoding: "LATIN1",
                target:
                    "CREATE TABLE things (id uuid PRIMARY KEY, name varchar(9), doc jsonb, legacy_id bigint UNIQUE)",
                entities:
                    "things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { name: name, doc: { json: doc } } }"
            ) { migration in
                try migration.expect(["LATIN1"], from: .source, "SHOW server_encoding")
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["things|200|200|0|0"])
                try migration.expect(
                    ["200"],
                    "SELECT count(*) FROM things WHERE name = 'Zoë ß' || legacy_id AND doc = '{\"ä\": \"ö\"}'"
                )
            }
        }

        /// SQL_ASCII promises nothing about its bytes, so it is refused before anything is read.
        @Test func aSourceWithoutAnEncodingIsRefused() async throws {
            try await Migration.with(
                source:
                    "CREATE TABLE thing (id integer PRIMARY KEY, name text); INSERT INTO thing VALUES (1, 'a'); ANALYZE",
                sourceEncoding: "SQL_ASCII",
                target: "CREATE TABLE things (id uuid PRIMARY KEY, name text, legacy_id bigint UNIQUE)",
                entities: "things: { from: thing, to: things, legacy: legacy_id, tag: 1 }"
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 65, "\(migration.logs)")
                #expect(migration.logs.contains("SQL_ASCII"), "\(migration.logs)")
                try migration.expect(["0"], "SELECT count(*) FROM things")
            }
        }
    }
}
