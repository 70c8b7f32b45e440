import MigrationPlan
import Postgres
import RowPipeline
import Scheduling

/// The interpreter between the pure compiler and the two databases.
struct PlanResolver {
    let plan: Plan
    let graph: DependencyGraph
    let sourceTypes: TypeCatalog
    let targetTypes: TypeCatalog
    let sourceTables: [TableName: CatalogTable]
    let targetTables: [TableName: CatalogTable]
    let sourceSearchPath: String
    let targetSearchPath: String
    var findings: [Finding] = []
    /// By entity: unique indexes of the target that no rule of the plan decides about.
    var undecidedIndexes: [String: [UniqueRuleQuery]] = [:]
    /// `Resolution.entitiesWithUniqueKey`.
    var entitiesWithUniqueKey: Set<String> = []

    init(
        plan: Plan,
        graph: DependencyGraph,
        source: borrowing Connection,
        target: borrowing Connection
    ) throws(PostgresError) {
        self.plan = plan
        self.graph = graph
        self.sourceTypes = try CatalogReader.types(source)
        self.targetTypes = try CatalogReader.types(target)
        self.sourceTables = try CatalogReader.tables(
            plan.entities.map { TableName($0.from, defaultSchema: plan.source.schema) },
            source
        )
        self.targetTables = try CatalogReader.tables(
            plan.entities.map { TableName($0.to, defaultSchema: plan.target.schema) },
            target
        )
        self.sourceSearchPath = try Self.searchPath(plan.source.schema, source)
        self.targetSearchPath = try Self.searchPath(plan.target.schema, target)
        self.findings += try Self.controlSchemaFindings(plan, target)
        self.findings += try Self.timeZoneFindings(plan, source)
    }

    /// The source knows the zone that its times are read in; else every shard with such a column would fail.
    private static func timeZoneFindings(
        _ plan: Plan,
        _ source: borrowing Connection
    ) throws(PostgresError) -> [Finding] {
        guard let zone = plan.source.timeZone else { return [] }
        do {
            _ = try source.query("SELECT now() AT TIME ZONE \(SQLText.literal(zone))")
            return []
        } catch  where error.isAboutThePlan {
            let text = "the source refuses the time zone `\(zone)`: \(error.serverMessage ?? error.message)"
            let hint = "its view pg_timezone_names has those it knows, such as Europe/Berlin"
            return [Finding(.error, "time-zone", text, hint: hint, at: plan.source.position)]
        }
    }

    /// `pg_catalog` first, so that nothing shadows the built-in functions.
    private static func searchPath(_ schema: String, _ connection: borrowing Connection) throws(PostgresError) -> String
    {
        let extensions = try CatalogReader.extensionSchemas(connection).filter { $0 != schema }
        return (["pg_catalog", schema] + extensions).map(SQLText.identifier).joined(separator: ", ")
    }

    private static func controlSchemaFindings(
        _ plan: Plan,
        _ target: borrowing Connection
    ) throws(PostgresError) -> [Finding] {
        let row =
            try target.query(
                """
                SELECT has_database_privilege(current_database(), 'CREATE')
                    OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'godwit'
                        AND has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE')), quote_ident(current_database())
                """
            )
            .first
        guard row?.bool(0) == false else { return [] }
        let database = row?.text(1) ?? ""
        return [
            Finding(
                .error,
                "missing-privilege",
                "the target's role can't create the schema godwit in \(database)",
                hint: "GRANT CREATE ON DATABASE \(database), or create the schema for it",
                at: plan.target.position
            )
        ]
    }

    /// One entity, nil where a finding is an error.
    mutating func resolve(
        _ entity: EntityPlan,
        position: Int,
        source: borrowing Connection,
        target: borrowing Connection
    ) throws(PostgresError) -> ResolvedEntity? {
        let before = self.findings.count
        let checks = TableChecks(entity: entity)
        let from = TableName(entity.from, defaultSchema: self.plan.source.schema)
        let to = TableName(entity.to, defaultSchema: self.plan.target.schema)
        // Both are looked for before either is missed.
        let foundSource = self.found(self.sourceTables[from], from, "source", entity)
        let foundTarget = self.found(self.targetTables[to], to, "target", entity)
        guard let sourceTable = foundSource, let targetTable = foundTarget else { return nil }
        // An index does not reach into the tables that inherit from its own.
        if entity.query == nil, sourceTable.heirs.isEmpty, sourceTable.isUnique(entity.key) {
            self.entitiesWithUniqueKey.insert(entity.name)
        }
        let sourceFindings = checks.findings(source: sourceTable)
        self.findings += sourceFindings + checks.findings(target: targetTable)
        try self.checkEmpty(entity, targetTable, target)
        guard !sourceFindings.contains(where: { $0.severity == .error }),
            let facts = try SourceProbe(entity: entity, table: sourceTable).facts(source, findings: &self.findings)
        else { return nil }
        guard let identity = IdentityResolver(plan: self.plan).identity(of: entity) else {
            let text = "\(entity.name): its UUIDs can't be computed from what the plan says"
            self.findings.append(Finding(.error, "identity", text, hint: "check `uuid:`, `tag:`", at: entity.position))
            return nil
        }
        self.findings += checks.findings(key: facts, types: self.sourceTypes, needsOrder: Self.keys(of: identity))
        var constants = TargetConstants()
        try constants.convert(entity.constants(in: targetTable), types: self.targetTypes, target)
        var compiler = EntityCompiler(
            plan: self.plan,
            entity: entity,
            source: facts,
            sourceTypes: self.sourceTypes,
            target: targetTable,
            targetTypes: self.targetTypes,
            constants: constants
        )
        let compiled = compiler.compile()
        self.findings += compiler.findings
        self.undecidedIndexes[entity.name] = compiler.undecidedIndexes()
        guard !self.findings[before...].contains(where: { $0.severity == .error }),
            let tables = try self.explain(entity, compiled, source)
        else { return nil }
        let shape = EntityShape(
            source: try EntityShape.fields(of: compiled.sourceFields(facts), from: compiled.select.from, source),
            target: try EntityShape.fields(of: compiled.targetFields(entity), from: targetTable.sql, target)
        )
        let reader = StatisticsReader(
            table: sourceTable,
            key: entity.key,
            columns: compiled.columnsRead(of: sourceTable, query: entity.query),
            planner: ShardPlanner(rowsPerShard: self.plan.run.shardRows)
        )
        let statistics = try reader.read(ends: facts.keys, source)
        return self.assemble(entity, position, identity, facts, targetTable, compiled, tables, shape, statistics)
    }

    private mutating func found(
        _ table: CatalogTable?,
        _ name: TableName,
        _ side: String,
        _ entity: EntityPlan
    ) -> CatalogTable? {
        if table == nil {
            self.findings.append(
                Finding(
                    .error,
                    "missing-table",
                    "\(entity.name): the \(side) has no table \(name.description)",
                    hint:
                        "check the name, `\(side): { schema: … }`, and the database that GODWIT_\(side.uppercased()) names",
                    at: entity.position
                )
            )
        }
        return table
    }

    private mutating func checkEmpty(
        _ entity: EntityPlan,
        _ table: CatalogTable,
        _ target: borrowing Connection
    ) throws(PostgresError) {
        guard entity.into == .empty, table.missingPrivileges.isEmpty, !table.isRowSecured else { return }
        let hasRows = try target.query("SELECT EXISTS (SELECT FROM \(table.sql))").first?.bool(0) ?? false
        guard hasRows else { return }
        self.findings.append(
            Finding(
                .error,
                "target-not-empty",
                "\(entity.name): the target table \(table.sql) has rows",
                hint: "empty it, or write `into: append`",
                at: entity.position
            )
        )
    }

    /// Keys that the strategy can express, nil for all of them.
    private static func keys(of identity: EntityIdentity) -> ClosedRange<Int64>? {
        if case .ordered = identity.strategy { return OrderedUUID.keys }
        return nil
    }

    /// Has the source plan every statement of the entity, and takes the tables they read.
    private mutating func explain(
        _ entity: EntityPlan,
        _ compiled: CompiledEntity,
        _ source: borrowing Connection
    ) throws(PostgresError) -> [String]? {
        var tables: Set<String> = []
        let selects =
            [compiled.select.statement(where: nil, ordered: false)]
            + (compiled.fill.map { [$0.select.statement(where: nil, ordered: false)] } ?? [])
            + compiled.uniqueRules.map(\.losers)
        for select in selects {
            do {
                tables.formUnion(try QueryTables.read(by: select, source))
            } catch  where error.isAboutThePlan {
                let reason = error.serverMessage ?? error.message
                self.findings.append(
                    Finding(
                        .error,
                        "refused-query",
                        "\(entity.name): the source refuses the SELECT made from `where:`, `unique:` and the columns: \(reason)",
                        hint: error.hint,
                        at: entity.position
                    )
                )
                return nil
            }
        }
        return tables.sorted()
    }
}
