import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Adds the entities of a new run, in dependency order.
    package func addEntities(_ entities: [NewEntity], to run: RunID) throws(ControlStoreError) {
        try self.lead(
            "add entities to run \(run)",
            """
            INSERT INTO godwit.entities
                   (run_id, name, position, phase, source_table, target_table, id_column, legacy_column, depends_on)
            SELECT $2::uuid, entity.name, entity.number - 1, entity.phase, entity.source_table, entity.target_table,
                   entity.id_column, entity.legacy_column, entity.depends_on::text[]
              FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
                   WITH ORDINALITY AS entity
                   (name, phase, source_table, target_table, id_column, legacy_column, depends_on, number)
             WHERE \(Self.reigns)
            """,
            [
                .run(run), .texts(entities.map(\.name.rawValue)), .texts(entities.map(\.phase)),
                .texts(entities.map(\.sourceTable)), .texts(entities.map(\.targetTable)),
                .texts(entities.map(\.idColumn)), .texts(entities.map(\.legacyColumn)),
                .texts(
                    entities.map { entity in
                        guard case .text(let array) = QueryParameter.texts(entity.dependsOn.map(\.rawValue)) else {
                            return "{}"
                        }
                        return array
                    }
                ),
            ]
        )
    }

    /// The entities of a run, in dependency order.
    package func entities(of run: RunID) throws(ControlStoreError) -> [EntityRecord] {
        try self.query(
            "read the entities of run \(run)",
            """
            SELECT name, position, phase, source_table, target_table, to_json(depends_on) AS depends_on, stage,
                   extract(epoch FROM started_at) AS started_at, extract(epoch FROM settled_at) AS settled_at,
                   extract(epoch FROM completed_at) AS completed_at, message
              FROM godwit.entities WHERE run_id = $1::uuid ORDER BY position
            """,
            [.run(run)]
        )
        .rows.map { EntityRecord($0) }
    }

    /// Records where an entity stands, with the time of it.
    package func setStage(
        of entity: EntityName,
        in run: RunID,
        _ stage: EntityNode.Stage,
        message: String? = nil
    ) throws(ControlStoreError) {
        try self.lead(
            "set entity \(entity) to \(stage.rawValue)",
            """
            UPDATE godwit.entities
               SET stage = $4::text, message = $5,
                   started_at = CASE WHEN $4::text = 'waiting' THEN NULL ELSE coalesce(started_at, clock_timestamp()) END,
                   settled_at = CASE WHEN $4::text IN ('settled', 'filling', 'constraining', 'complete')
                                     THEN coalesce(settled_at, clock_timestamp()) END,
                   completed_at = CASE WHEN $4::text = 'complete' THEN clock_timestamp() END
             WHERE run_id = $2::uuid AND name = $3 AND \(Self.reigns)
            """,
            [.run(run), .entity(entity), .text(stage.rawValue), .text(message)]
        )
    }

    /// Keeps the bitmap of the source keys that lose a unique rule.
    package func recordLosers(
        of entity: EntityName,
        in run: RunID,
        _ bitmap: [UInt8]
    ) throws(ControlStoreError) {
        try self.lead(
            "record the losers of \(entity)",
            "UPDATE godwit.entities SET losers = $4::bytea WHERE run_id = $2::uuid AND name = $3 AND \(Self.reigns)",
            [.run(run), .entity(entity), .bytes(bitmap)]
        )
    }

    /// The bitmap of the source keys that lose a unique rule, nil where none was recorded.
    package func losers(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> [UInt8]? {
        try self
            .query(
                "read the losers of \(entity)",
                "SELECT losers FROM godwit.entities WHERE run_id = $1::uuid AND name = $2",
                [.run(run), .entity(entity)]
            )
            .first?
            .bytes("losers")
    }
}

extension EntityRecord {
    init(_ row: Row) {
        self.name = row.entity("name")
        self.position = row.count("position")
        self.phase = row.text("phase")
        self.sourceTable = row.string("source_table")
        self.targetTable = row.string("target_table")
        self.dependsOn = row.strings("depends_on").map { EntityName(rawValue: $0) }
        self.stage = row.value("stage") { EntityNode.Stage(rawValue: $0) }
        self.startedAt = row.date("started_at")
        self.settledAt = row.date("settled_at")
        self.completedAt = row.date("completed_at")
        self.message = row.text("message")
    }
}
