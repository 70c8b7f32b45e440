import Postgres
package import Scheduling

/// What a coordinator does besides leases and runs while it reigns.
extension ControlStore {
    /// Where the reigning coordinator listens; nil before the first one has said so.
    package func coordinatorEndpoint() throws(ControlStoreError) -> String? {
        try self.query("look up the coordinator", "SELECT endpoint FROM godwit.leadership").first?.text("endpoint")
    }

    /// The coordinator of the last reign, for people: host, process and since when; nil before the first.
    package func leader() throws(ControlStoreError) -> String? {
        try self
            .query(
                "look up the coordinator",
                "SELECT host || ', process ' || pid || ', since ' || date_trunc('second', since) AS leader FROM godwit.leadership"
            )
            .first?
            .text("leader")
    }

    /// The source keys of a `replay` shard.
    package func keys(of shard: ShardID) throws(ControlStoreError) -> [Int64] {
        try self.query(
            "read the keys of shard \(shard)",
            "SELECT unnest(keys) AS key FROM godwit.shards WHERE id = $1::bigint",
            [.shard(shard)]
        )
        .rows.compactMap { $0.integer("key") }
    }

    /// Makes `replay` shards of an entity's rows that waited for a parent and are in no open replay yet.
    ///
    /// - Returns: The new shards.
    package func planReplays(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> [ShardID] {
        let open = try self.query(
            "read the open replays of \(entity)",
            """
            SELECT unnest(keys) AS key FROM godwit.shards
             WHERE run_id = $1::uuid AND entity = $2 AND kind = 'replay' AND state IN ('pending', 'leased')
            """,
            [.run(run), .entity(entity)]
        )
        let planned = Set(open.rows.compactMap { $0.integer("key") })
        let keys = try self.parentPendingRejects(of: entity, in: run).filter { !planned.contains($0) }
        guard !keys.isEmpty else { return [] }
        let kept = Set(try self.keptRejects(of: entity, in: run))
        let parts = [(keys.filter { !kept.contains($0) }, false), (keys.filter { kept.contains($0) }, true)]
        let shards = parts.flatMap { keys, merges in
            stride(from: 0, to: keys.count, by: Self.keysPerReplay)
                .map { start in
                    let part = Array(keys[start..<min(start + Self.keysPerReplay, keys.count)])
                    return NewShard(
                        entity: entity,
                        kind: .replay,
                        range: KeyRange(lower: nil, upper: nil),
                        keys: part,
                        estimatedRows: part.count,
                        merges: merges
                    )
                }
        }
        return try self.addShards(shards, to: run)
    }

    /// Keys of open rejects whose rows are in the target as they were before a merge.
    private func keptRejects(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> [Int64] {
        try self.query(
            "read the rejects of \(entity) whose rows were kept",
            """
            SELECT DISTINCT source_key FROM godwit.rejects
             WHERE run_id = $1::uuid AND entity = $2 AND reason = 'parent_pending' AND resolved_at IS NULL AND is_kept
            """,
            [.run(run), .entity(entity)]
        )
        .rows.compactMap { $0.integer("source_key") }
    }

    /// Refreshes the planner's statistics of a loaded table, quoted and qualified.
    package func analyze(_ table: String) throws(ControlStoreError) {
        try self.query("analyse \(table)", "ANALYZE \(table)")
    }

    /// Makes a run with everything that belongs to it, all or nothing: a run without its shards would look finished.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - entities: In dependency order.
    ///   - shards: At least one for each entity.
    ///   - identityFunctions: SQL that defines `godwit.uuid` and `godwit.legacy` for the plan's entities.
    /// - Returns: The run.
    /// - Throws: `termLost`, or the server's error; nothing of the run is there then.
    package func openRun(
        _ run: NewRun,
        entities: [NewEntity],
        shards: [NewShard],
        identityFunctions: String
    ) throws(ControlStoreError) -> RunRecord {
        try self.transaction("open a run of plan \(run.name)") { () throws(ControlStoreError) in
            let record = try self.createRun(run)
            try self.addEntities(entities, to: record.id)
            _ = try self.insertShards(shards, record.id)
            try self.script("install the identity functions", identityFunctions)
            try self.query("close the functions to other roles", ControlSchema.revocation)
            try self.query("open the functions to workers", ControlSchema.roleGrants)
            return record
        }
    }

    /// Puts `godwit.uuid` and `godwit.legacy` of a plan's entities in the place of those that are there.
    package func installIdentityFunctions(_ definitions: String) throws(ControlStoreError) {
        try self.transaction("install the identity functions") { () throws(ControlStoreError) in
            try self.script("install the identity functions", definitions)
            try self.query("close the functions to other roles", ControlSchema.revocation)
            try self.query("open the functions to workers", ControlSchema.roleGrants)
        }
    }

    /// What the installed identity functions say of some keys of an entity.
    ///
    /// - Returns: Per key, in order, the UUID in PostgreSQL's text form and the key that `godwit.legacy` gives back.
    package func identities(
        of entity: EntityName,
        keys: [Int64]
    ) throws(ControlStoreError) -> [(uuid: String?, key: Int64?)] {
        try self.query(
            "try the identity functions of \(entity)",
            """
            SELECT godwit.uuid($1, key)::text AS uuid, godwit.legacy($1, godwit.uuid($1, key)) AS key
              FROM unnest($2::bigint[]) WITH ORDINALITY AS tried(key, position) ORDER BY position
            """,
            [.entity(entity), .integers(keys)]
        )
        .rows.map { ($0.text("uuid"), $0.integer("key")) }
    }
}
