import Postgres
import PostgresFixture
import Testing

@Suite struct ConnectionTests {
    let database: ConnectionParameters

    init() throws {
        self.database = try PrivateServer.shared.createDatabase()
    }

    func open(_ role: ConnectionRole = .target) throws -> Connection {
        try Connection(self.database, role: role, applicationName: "gdw:test")
    }

    @Test func `a query returns typed values`() throws {
        let connection = try self.open()
        let result = try connection.query(
            "SELECT $1::text AS t, $2::bigint AS i, $3::bool AS b, $4::bytea AS y, $5::text AS n, 1.5 AS d",
            ["a'b", -5, true, .bytes([0, 1, 255]), nil]
        )
        let row = try #require(result.first)
        #expect(row.text("t") == "a'b")
        #expect(row.integer("i") == -5)
        #expect(row.bool("b") == true)
        #expect(row.bytes("y") == [0, 1, 255])
        #expect(row.text("n") == nil)
        #expect(row.double("d") == 1.5)
    }
}
