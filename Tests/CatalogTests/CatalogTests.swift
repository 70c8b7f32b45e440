import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import RowPipeline
import Testing

@Suite struct CatalogTests {
    static let coreTypes = """
        a_bool boolean, a_int2 smallint, a_int4 integer, a_int8 bigint, a_numeric numeric(10,2), a_float4 real,
        a_float8 double precision, a_text text, a_varchar varchar(20), a_char char(3), a_bytea bytea, a_date date,
        a_time time, a_timetz timetz, a_timestamp timestamp(3), a_timestamptz timestamptz, a_interval interval,
        a_uuid uuid, a_json json, a_jsonb jsonb, a_inet inet, a_cidr cidr, a_macaddr macaddr, a_point point,
        a_bit bit(3), a_varbit varbit, a_xml xml, a_range int4range, a_tsvector tsvector, a_array integer[],
        a_texts text[]
        """

    @Test func aColumnOfEachCoreTypeIsCarriedOver() throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, \(Self.coreTypes))",
            target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, \(Self.coreTypes))"
        )
        let (plan, findings) = try databases.resolve(
            """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
            """
        )
        let entity = try #require(plan?.entities.first, "\(findings)")
        #expect(findings.filter { $0.severity != .note }.isEmpty)
        #expect(entity.program.outputs.map(\.name).prefix(2) == ["id", "legacy_id"])
        #expect(entity.program.outputs.count == 33)
        for output in entity.program.outputs.dropFirst() where output.name != "a_json" {
            guard case .copy = output.operation else {
                Issue.record("\(output.name): \(output.operation)")
                continue
            }
        }
        // The server must accept every statement made of it.
        try databases.source.execute("SET search_path TO \(plan?.sourceSearchPath ?? "")")
        try databases.source.execute("EXPLAIN " + entity.countStatement(lower: -3, upper: .max))
        try databases.source.execute(entity.sourceRowsStatement(keys: [1, -1]))
        try databases.source.copyOut(entity.copyOutStatement(lower: .min, upper: nil))
        try databases.source.copyOut(entity.copyOutStatement(keys: [1, 2]))
        try databases.target.copyIn(entity.copyInStatement)
        databases.target.failCopy("enough")
    }
}
