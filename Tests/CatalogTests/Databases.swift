import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import Testing

/// A source and a target database of a test's own.
struct Databases: ~Copyable {
    let source: Connection
    let target: Connection

    init(source: String, target: String) throws {
        let opened = try (Self.open(.source, source))
        self.target = try Self.open(.target, target)
        self.source = opened
    }

    private static func open(_ role: ConnectionRole, _ sql: String) throws -> Connection {
        let connection = try Connection(
            PrivateServer.shared.createDatabase(), role: role, applicationName: "catalog tests"
        )
        try connection.execute("SET search_path TO public; \(sql); SET search_path TO pg_catalog")
        return connection
    }

    /// Loads and resolves a plan whose entities are given.
    func resolve(_ entities: String) throws -> (ResolvedPlan?, [Finding]) {
        let text = """
            version: 1
            name: test
            source: { timezone: Europe/Berlin }
            uuid: { strategy: ordered, namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
            entities:
            \(entities.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
            """
        let loaded = PlanLoader.load(text: text, file: "test.yaml")
        let plan = try #require(loaded.plan, "\(loaded.findings)")
        return try Catalog.resolve(plan: plan, graph: DependencyGraph(of: plan), source: self.source, target: self.target)
    }
}
