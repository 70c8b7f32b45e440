import Catalog
import FoundationEssentials
import Postgres
import Testing

/// The types that a plan was resolved with are recorded, and a server says whether they still hold.
@Suite struct ShapeTests {
    private static let entities = """
        things:
          from: thing
          to: things
          legacy: legacy_id
          tag: 1
          columns:
            price: { sql: "cents / 100.0" }
            parent_id: { ref: things, by: parent_no, deferred: true, on_orphan: null }
        """
    private static let source = """
        CREATE DOMAIN short AS varchar(10);
        CREATE TABLE thing (id serial PRIMARY KEY, q integer, cents integer, name short, parent_no integer, spare integer)
        """
    private static let target = """
        CREATE DOMAIN amount AS numeric(12, 2);
        CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, q integer, price amount, name varchar(10),
                             parent_id uuid, made timestamptz DEFAULT now())
        """

    private static func changes(
        _ query: ShapeQuery?,
        _ connection: borrowing Connection,
        _ path: String
    ) throws -> [EntityShape.Change] {
        let query = try #require(query)
        try connection.execute("SET search_path TO \(path)")
        var results: [QueryResult] = []
        for statement in query.statements { results.append(try connection.query(statement)) }
        return query.changes(results)
    }

    @Test func typesThatStandAreNoChangeAndOthersAre() throws {
        let databases = try Databases(source: Self.source, target: Self.target)
        let (found, findings) = try databases.resolve(Self.entities)
        let plan = try #require(found, "\(findings)")
        let entity = try #require(plan.entities.first)
        #expect(try Self.changes(entity.sourceShapeQuery, databases.source, plan.sourceSearchPath) == [])
        #expect(try Self.changes(entity.targetShapeQuery, databases.target, plan.targetSearchPath) == [])

        // What the plan neither reads nor writes may change.
        try databases.source.execute("ALTER TABLE \(databases.schema).thing DROP COLUMN spare")
        try databases.target.execute("ALTER TABLE \(databases.schema).things DROP COLUMN made")
        #expect(try Self.changes(entity.sourceShapeQuery, databases.source, plan.sourceSearchPath) == [])
        #expect(try Self.changes(entity.targetShapeQuery, databases.target, plan.targetSearchPath) == [])

        for (change, sql) in [
            ("q TYPE real", #"source."q""#), ("cents TYPE bigint", #"source."cents""#),
            ("name TYPE varchar(20)", #"source."name""#), ("parent_no TYPE smallint", #"source."parent_no""#),
        ] {
            let before = try Self.changes(entity.sourceShapeQuery, databases.source, plan.sourceSearchPath)
            try databases.source.execute("ALTER TABLE \(databases.schema).thing ALTER COLUMN \(change)")
            let after = try Self.changes(entity.sourceShapeQuery, databases.source, plan.sourceSearchPath)
            #expect(Set(after.map(\.sql)).subtracting(before.map(\.sql)).contains(sql), "\(change): \(after)")
        }
        for change in ["q TYPE real", "price TYPE numeric(12, 4)", "name TYPE text", "parent_id TYPE text"] {
            let name = change.prefix { $0 != " " }
            try databases.target.execute("ALTER TABLE \(databases.schema).things ALTER COLUMN \(change)")
            let after = try Self.changes(entity.targetShapeQuery, databases.target, plan.targetSearchPath)
            #expect(after.contains { $0.sql.contains(name) }, "\(change): \(after)")
        }
    }

    /// A transaction's catalogs are as old as its snapshot; the description of a statement is not.
    @Test func aChangeIsSeenUnderAnOldSnapshot() throws {
        let databases = try Databases(source: Self.source, target: Self.target)
        let (found, findings) = try databases.resolve(Self.entities)
        let plan = try #require(found, "\(findings)")
        let entity = try #require(plan.entities.first)
        try databases.source.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        let other = try databases.anotherSource()
        try other.execute("ALTER TABLE \(databases.schema).thing ALTER COLUMN q TYPE real")
        let changes = try Self.changes(entity.sourceShapeQuery, databases.source, plan.sourceSearchPath)
        #expect(changes.map(\.now.type) == [700])
        let names = try databases.source.query(ShapeQuery.typeNames(of: changes)).first
        #expect(names?.text(0) == "integer")
        #expect(names?.text(1) == "real")
    }

    /// Runs that were begun before types were recorded can still be read.
    @Test func aPlanWithoutTypesIsRead() throws {
        let databases = try Databases(source: Self.source, target: Self.target)
        let (found, findings) = try databases.resolve(Self.entities)
        var plan = try #require(found, "\(findings)")
        plan.entities[0].shape = nil
        let text = try JSONEncoder().encode(plan)
        #expect(!String(decoding: text, as: UTF8.self).contains("\"shape\""))
        let read = try JSONDecoder().decode(ResolvedPlan.self, from: text)
        #expect(read == plan)
        #expect(read.entities[0].sourceShapeQuery == nil)
    }
}
