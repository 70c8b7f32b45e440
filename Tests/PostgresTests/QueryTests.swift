import Postgres
import Testing

@Suite struct QueryTests {
    let database: TestDatabase

    init() throws {
        self.database = try TestDatabase()
    }

    @Test func `a query returns typed values`() throws {
        let connection = try self.database.open()
        let result = try connection.query(
            "SELECT $1::text AS t, $2::bigint AS i, $3::bool AS b, $4::bytea AS y, $5::text AS n, 1.5 AS d, '' AS e",
            ["a'b", -5, true, .bytes([0, 1, 255]), nil]
        )
        let row = try #require(result.first)
        #expect(row.text("t") == "a'b")
        #expect(row.integer("i") == -5)
        #expect(row.bool("b") == true)
        #expect(row.bytes("y") == [0, 1, 255])
        #expect(row.text("n") == nil)
        #expect(row.isNull("n"))
        #expect(row.double("d") == 1.5)
        #expect(row.text("e") == "")
        #expect(result.commandTag == "SELECT 1")
    }

    @Test func `NULLs anywhere do not shift their neighbours`() throws {
        let result = try self.database.open()
            .query(
                "SELECT CASE WHEN n % 2 = 0 THEN n END AS a, CASE WHEN n % 3 = 0 THEN n END AS b FROM generate_series(1, 99) AS n"
            )
        #expect(result.count == 99)
        for (index, row) in result.rows.enumerated() {
            let number = Int64(index + 1)
            #expect(row.integer("a") == (number % 2 == 0 ? number : nil))
            #expect(row.integer(1) == (number % 3 == 0 ? number : nil))
        }
    }

    @Test func `every byte survives a bytea parameter`() throws {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let row = try self.database.open().query("SELECT $1::bytea, $2::bytea", [.bytes(bytes), .bytes([])]).first
        #expect(row?.bytes(0) == bytes)
        #expect(row?.bytes(1) == [])
    }

    @Test func `arrays keep their elements`() throws {
        let texts: [String?] = ["", "a,b", "\"", "\\", "NULL", nil, "{}", " ä "]
        let rows = try self.database.open().query("SELECT unnest($1::text[])", [.texts(texts)]).rows
        #expect(rows.map { $0.text(0) } == texts)
        let integers: [Int64] = [.min, 0, .max]
        let numbers = try self.database.open().query("SELECT unnest($1::bigint[])", [.integers(integers)]).rows
        #expect(numbers.map { $0.integer(0) } == integers)
    }

    @Test func `quoted text is text, whatever it holds`() throws {
        let connection = try self.database.open()
        for text in ["", "'", "\\", "\\'", "a\"b", "'\u{301}", "\"\u{301}", "; DROP"] {
            for setting in ["on", "off"] {
                try connection.execute("SET standard_conforming_strings = \(setting)")
                #expect(try connection.query("SELECT \(quoteLiteral(text))").first?.text(0) == text)
            }
            let name = text + "x"
            #expect(try connection.query("SELECT 1 AS \(quoteIdentifier(name))").columns == [name])
        }
    }

    @Test func `a NUL character is refused, not taken for the end`() throws {
        let connection = try self.database.open()
        #expect(failure { try connection.query("SELECT $1", ["a\0b"]) }?.code == .invalidParameters)
        #expect(failure { try connection.execute("SELECT 1 \0 WHERE false") }?.code == .invalidParameters)
    }
}
