import Testing

extension Migration {
    /// Entity by entity: `name|source rows|migrated|rejected|filtered`.
    var totals: [String] {
        get throws {
            try self.rows(
                .target,
                """
                SELECT entity, sum(source_rows)::bigint, sum(migrated)::bigint, sum(rejected)::bigint, sum(filtered)::bigint
                  FROM godwit.shards GROUP BY entity ORDER BY entity
                """
            )
        }
    }

    /// Open rejects as `entity|key|reason`.
    var rejects: [String] {
        get throws {
            try self.rows(
                .target,
                "SELECT entity, source_key, reason FROM godwit.rejects WHERE resolved_by IS NULL ORDER BY 1, 2, 3"
            )
        }
    }

    /// Expects every source row to be migrated, rejected or filtered, and as many open rejects as the shards say.
    func expectSumsToAgree(location: SourceLocation = #_sourceLocation) throws {
        let uneven = try self.rows(
            .target,
            """
            SELECT s.entity, s.source_rows, s.migrated, s.rejected, s.filtered, r.open
              FROM (SELECT entity, sum(source_rows) AS source_rows, sum(migrated) AS migrated, sum(rejected) AS rejected,
                           sum(filtered) AS filtered FROM godwit.shards GROUP BY entity) AS s
              LEFT JOIN (SELECT entity, count(*) AS open FROM godwit.rejects WHERE resolved_by IS NULL GROUP BY entity) AS r
                USING (entity)
             WHERE source_rows <> migrated + rejected + filtered OR rejected <> coalesce(open, 0)
            """
        )
        #expect(uneven == [], sourceLocation: location)
    }
}

extension Migration {
    /// Expects a query to give these rows; fields are separated by `|`, NULL is `~`.
    func expect(
        _ rows: [String],
        from side: Side = .target,
        _ sql: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let found = try self.rows(side, sql)
        #expect(found == rows, sourceLocation: location)
    }

    /// Expects these totals, entity by entity: `name|source rows|migrated|rejected|filtered`.
    func expectTotals(_ expected: [String], location: SourceLocation = #_sourceLocation) throws {
        let totals = try self.totals
        #expect(totals == expected, sourceLocation: location)
    }
}
