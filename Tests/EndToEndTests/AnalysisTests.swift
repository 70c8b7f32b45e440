import Testing

extension EndToEnd {
    /// What follows the load, where the server does not take it.
    @Suite struct AnalysisTests {
        @Test func aTableThatCannotBeAnalysedIsLoadedAllTheSame() async throws {
            try await Pair.held { migration, letGo in
                try letGo()
                try migration.execute(
                    .target,
                    """
                    CREATE FUNCTION fussy(key bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
                        BEGIN
                            IF current_query() ILIKE 'analyze%' THEN RAISE EXCEPTION 'no statistics of me'; END IF;
                            RETURN key;
                        END $$;
                    CREATE INDEX fussy ON parents (fussy(legacy_id))
                    """
                )
                #expect(try await migration.migrate() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
                try migration.expect(
                    ["warning|parents|t"],
                    """
                    SELECT level, entity, message LIKE '%no statistics of me%' FROM godwit.events
                     WHERE data->>'kind' = 'analysis-failed'
                    """
                )
            }
        }
    }
}
