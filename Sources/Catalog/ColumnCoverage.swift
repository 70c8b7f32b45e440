import MigrationPlan
import RowPipeline

/// What a plan leaves behind in the source, and what it leaves to the target: noted, because nothing else would say it.
struct ColumnCoverage {
    let plan: Plan
    let entities: [ResolvedEntity]

    /// A note per source table about columns that no entity's SQL names.
    ///
    /// By the words of the SQL, so a column that shares its name with something else counts as read.
    func unread(of tables: [TableName: CatalogTable]) -> [Finding] {
        tables.values.sorted { $0.sql < $1.sql }
            .compactMap { table in
                let readers = self.entities.filter { $0.baseTable == table.sql }
                guard let first = readers.first, let entity = self.plan.entity(named: first.name) else { return nil }
                let words = Set(readers.flatMap(Self.words))
                let unread = table.columns.map(\.name).filter { !words.contains($0.lowercased()) }
                guard !unread.isEmpty else { return nil }
                return Finding(
                    .note,
                    "unread-columns",
                    "\(table.name): no entity reads \(unread.joined(separator: ", "))",
                    hint: "list the target column that should have it, if any: NAME: SOURCE_COLUMN",
                    at: entity.position
                )
            }
    }

    /// A note per entity about target columns that the plan does not mention and the source has no column for.
    func leftToTarget(of tables: [TableName: CatalogTable]) -> [Finding] {
        self.entities.compactMap { entity in
            guard let planned = self.plan.entity(named: entity.name),
                let table = tables.values.first(where: { $0.sql == entity.targetTable })
            else { return nil }
            let written = Set(
                entity.program.outputs.map(\.name) + (entity.fill?.columns.map(\.name) ?? [])
                    + planned.columns.map(\.name)
            )
            let left = table.columns.filter { !written.contains($0.name) && !$0.isGenerated && $0.identity == nil }
            guard !left.isEmpty else { return nil }
            let columns = left.map { "\($0.name) (\($0.hasDefault ? "default" : "NULL"))" }.joined(separator: ", ")
            return Finding(
                .note,
                "left-to-target",
                "\(entity.name): the target fills \(columns)",
                hint: "`default: true` says that this is meant",
                at: planned.position
            )
        }
    }

    /// The lower-case words of everything the source runs for an entity.
    private static func words(_ entity: ResolvedEntity) -> [String] {
        let select = entity.fill.map { [entity.select, $0.select] } ?? [entity.select]
        return Self.words(
            of: select.flatMap { $0.expressions + [$0.from, $0.key, $0.condition ?? ""] }
                + [entity.key, entity.filter ?? ""] + entity.uniqueRules.map(\.losers)
        )
    }

    /// The lower-case words of SQL.
    static func words(of texts: [String]) -> [String] {
        texts.flatMap { text in
            text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
                // A name with other characters stands between quotes.
                + text.lowercased().split(separator: "\"").map(String.init)
        }
    }
}
