import MigrationPlan
import Postgres
import RowPipeline

extension PlanResolver {
    /// Decides for every entity which indexes and foreign keys are off during its load, and says so.
    mutating func addRebuilding(
        to entities: inout [ResolvedEntity],
        _ target: borrowing Connection
    ) throws(PostgresError) {
        let oids = self.targetTables.values.map(\.oid).sorted()
        let structures = try CatalogReader.structures(of: oids, target)
        for position in entities.indices {
            guard let planned = self.plan.entity(named: entities[position].name),
                let table = self.targetTable(of: planned), let structure = structures[table.oid]
            else { continue }
            var subject = self.rebuilding(entities[position], planned, table)
            if subject.isWanted, subject.obstacle == nil, structure.obstacle == nil,
                try target.query("SELECT EXISTS (SELECT FROM \(table.sql))").first?.bool(0) != false
            {
                subject.obstacle = "the table has rows"
            }
            let rebuilding = Rebuilding(subject, structure)
            entities[position].deferredObjects = rebuilding.deferred
            entities[position].keptObjects = rebuilding.kept
            self.findings += rebuilding.notes(on: planned)
        }
    }

    private func rebuilding(
        _ entity: ResolvedEntity,
        _ planned: EntityPlan,
        _ table: CatalogTable
    ) -> Rebuilding.Entity {
        let run = self.plan.run
        let writers = self.plan.entities.filter { self.targetTable(of: $0)?.oid == table.oid }.map(\.name)
        return Rebuilding.Entity(
            plan: planned,
            policy: planned.rebuild ?? run.rebuild,
            identity: entity.identity,
            statistics: entity.statistics,
            table: table.sql,
            readsByLegacyColumn: run.audit == .table || run.changeLog == .rows,
            references: self.keepsValues(planned, table) ? self.provenReferences(of: planned) : [:],
            obstacle: writers.count > 1 ? "\(writers.joined(separator: ", ")) write the table" : nil
        )
    }

    private func targetTable(of entity: EntityPlan) -> CatalogTable? {
        self.targetTables[TableName(entity.to, defaultSchema: self.plan.target.schema)]
    }

    /// Whether no trigger of the table can change a row before it is written.
    private func keepsValues(_ entity: EntityPlan, _ table: CatalogTable) -> Bool {
        table.triggers.isEmpty || entity.triggers == .suspend && table.isOwned
    }

    /// Columns whose every value is the UUID of a row that Godwit has brought into another table, or NULL.
    ///
    /// Rows that were in the parent's table before may have UUIDs other than the computed ones.
    private func provenReferences(of entity: EntityPlan) -> [String: Rebuilding.Reference] {
        var references: [String: Rebuilding.Reference] = [:]
        for column in entity.columns {
            guard case .reference(let reference) = column.value else { continue }
            let parents = reference.alternatives.map { alternative -> Rebuilding.Reference? in
                guard let parent = self.plan.entity(named: alternative.entity), parent.into == .empty,
                    let id = parent.id, let table = self.targetTable(of: parent), self.keepsValues(parent, table)
                else { return nil }
                return Rebuilding.Reference(table: TableName(schema: table.schema, name: table.name), column: id)
            }
            guard let first = parents.first ?? nil, parents.allSatisfy({ $0 == first }) else { continue }
            references[column.name] = first
        }
        return references
    }
}

extension Rebuilding {
    /// What becomes of the table's indexes and foreign keys, in words.
    func notes(on entity: EntityPlan) -> [Finding] {
        var notes: [Finding] = []
        if !self.deferred.isEmpty {
            let names = self.deferred.map { "\($0.kind.rawValue) \($0.name)" }.joined(separator: ", ")
            notes.append(
                Finding(
                    .note,
                    "rebuilt",
                    "\(entity.name): dropped for the load and rebuilt after it: \(names)",
                    hint: "`rebuild: never` keeps them in place",
                    at: entity.position
                )
            )
        }
        if !self.kept.isEmpty {
            notes.append(
                Finding(
                    .note,
                    "kept-in-place",
                    "\(entity.name): stays in place during the load: \(KeptObject.text(self.kept))",
                    at: entity.position
                )
            )
        }
        return notes
    }
}

extension KeptObject {
    /// Names by reason: `a, b (foreign keys refer to it); c (invalid)`.
    package static func text(_ objects: [KeptObject]) -> String {
        var reasons: [String] = []
        for object in objects where !reasons.contains(object.reason) { reasons.append(object.reason) }
        return
            reasons.map { reason in
                let names = objects.filter { $0.reason == reason }.map(\.name).joined(separator: ", ")
                return "\(names) (\(reason))"
            }
            .joined(separator: "; ")
    }
}
