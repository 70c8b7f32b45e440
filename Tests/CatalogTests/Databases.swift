import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import Synchronization
import Testing

/// A schema of a test's own in a source and a target database that the tests share, because databases take long to make.
struct Databases: ~Copyable {
    let source: Connection
    let target: Connection
    /// The schema's name on both sides.
    let schema: String

    private static let shared = Result {
        (source: try PrivateServer.shared.createDatabase(), target: try PrivateServer.shared.createDatabase())
    }
    private static let count = Atomic<Int>(0)

    init(source: String, target: String) throws {
        let schema = "test_\(Self.count.add(1, ordering: .relaxed).newValue)"
        let opened = try Self.open(Self.shared.get().source, .source, schema, source)
        self.target = try Self.open(Self.shared.get().target, .target, schema, target)
        self.source = opened
        self.schema = schema
    }

    /// A second session on the source.
    func anotherSource() throws -> Connection {
        try Connection(Self.shared.get().source, role: .control, applicationName: "catalog tests")
    }

    private static func open(
        _ parameters: ConnectionParameters,
        _ role: ConnectionRole,
        _ schema: String,
        _ sql: String
    ) throws -> Connection {
        let connection = try Connection(parameters, role: role, applicationName: "catalog tests")
        try connection.execute(
            "CREATE SCHEMA \(schema); SET search_path TO \(schema); \(sql); SET search_path TO pg_catalog"
        )
        return connection
    }

    /// Loads and resolves a plan whose entities are given.
    func resolve(_ entities: String, timeZone: String = "Europe/Berlin") throws -> (ResolvedPlan?, [Finding]) {
        let text = """
            version: 1
            name: test
            source: { schema: \(self.schema), timezone: \(timeZone) }
            target: { schema: \(self.schema) }
            uuid: { strategy: ordered, namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
            entities:
            \(entities.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
            """
        let loaded = PlanLoader.load(text: text, file: "test.yaml")
        let plan = try #require(loaded.plan, "\(loaded.findings)")
        return try Catalog.resolve(
            plan: plan,
            graph: DependencyGraph(of: plan),
            source: self.source,
            target: self.target
        )
    }
}
