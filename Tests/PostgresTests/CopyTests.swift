import Postgres
import Testing

@Suite struct CopyTests {
    let database: TestDatabase
    /// More than anybody waits for; a set-returning function in the SELECT list is not materialised first.
    let endless = "COPY (SELECT repeat('x', 1000), generate_series(1, 1000000000)) TO STDOUT"

    init() throws {
        self.database = try TestDatabase()
        try self.database.open()
            .execute(
                """
                CREATE TABLE public.origin (id bigint PRIMARY KEY, note text, data bytea);
                CREATE TABLE public.copy (LIKE public.origin);
                INSERT INTO public.origin
                SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE 'row ' || n END, decode(repeat('00ff', (n % 50)::int), 'hex')
                FROM generate_series(1, 20000) AS n
                """
            )
    }

    /// Copies a table through buffers of a given size and compares both sides.
    func roundTrip(limit: Int) throws -> (read: Int, written: Int, differences: Int) {
        let source = try self.database.open(.source)
        let target = try self.database.open()
        try source.copyOut("COPY public.origin TO STDOUT (FORMAT binary)")
        try target.copyIn("COPY public.copy FROM STDIN (FORMAT binary)")
        var buffer = ByteBuffer()
        var read = 0
        reading: while true {
            let progress = try source.readCopy(into: &buffer, until: limit)
            try target.writeCopy(buffer.bytes)
            buffer.removeAll()
            if case .end(let rows) = progress {
                read = rows
                break reading
            }
        }
        let written = try target.endCopy()
        let differences = try target.query("TABLE public.origin EXCEPT TABLE public.copy").count
        return (read, written, differences)
    }

    @Test(arguments: [1, 1000, 1 << 20]) func `rows survive the round trip`(limit: Int) throws {
        let result = try self.roundTrip(limit: limit)
        #expect(result == (20000, 20000, 0))
    }

    @Test func `a row of 20 MB survives the round trip`() throws {
        try self.database.open()
            .execute(
                """
                TRUNCATE public.origin;
                INSERT INTO public.origin VALUES (1, repeat('ä', 5000000), decode(repeat('00', 10000000), 'hex'))
                """
            )
        let result = try self.roundTrip(limit: 1000)
        #expect(result == (1, 1, 0))
    }

    @Test func `an empty table ends at once`() throws {
        let connection = try self.database.open()
        var buffer = ByteBuffer()
        try connection.copyOut("COPY (SELECT 1 WHERE false) TO STDOUT")
        #expect(try connection.readCopy(into: &buffer, until: 100) == .end(rows: 0))
        #expect(buffer.isEmpty == true)
        try connection.copyIn("COPY public.copy FROM STDIN")
        #expect(try connection.endCopy() == 0)
    }

    @Test func `reading stops at the limit, between rows`() throws {
        let connection = try self.database.open()
        var buffer = ByteBuffer()
        try connection.copyOut("COPY (SELECT 'abc' FROM generate_series(1, 5)) TO STDOUT")
        #expect(try connection.readCopy(into: &buffer, until: 5) == .more(rows: 2))
        #expect(text(buffer.bytes) == "abc\nabc\n")
        #expect(try connection.readCopy(into: &buffer, until: 100) == .end(rows: 5))
        #expect(text(buffer.bytes) == "abc\nabc\nabc\nabc\nabc\n")
    }

    @Test func `a row of megabytes comes whole between small ones`() throws {
        let connection = try self.database.open()
        var buffer = ByteBuffer()
        try connection.copyOut(
            "COPY (SELECT CASE i WHEN 2 THEN repeat('x', 3000000) ELSE 'abc' END FROM generate_series(1, 3) i) TO STDOUT"
        )
        #expect(try connection.readCopy(into: &buffer, until: .max) == .end(rows: 3))
        #expect(text(buffer.bytes) == "abc\n" + String(repeating: "x", count: 3_000_000) + "\nabc\n")
    }

    @Test func `a refused row is named, and the session stays usable`() throws {
        let connection = try self.database.open()
        try connection.execute("BEGIN; SAVEPOINT batch")
        try connection.copyIn("COPY public.copy FROM STDIN")
        try connection.writeCopy("1\ta\t\nx\tb\t\n".utf8Span.span.bytes)
        let error = try #require(failure { try connection.endCopy() })
        #expect(error.code == .serverRefused)
        #expect(error.sqlState == "22P02")
        #expect(error.context?.hasPrefix("COPY copy, line 2, column id") == true)
        try connection.execute("ROLLBACK TO batch")
        try connection.copyIn("COPY public.copy FROM STDIN")
        try connection.writeCopy("1\ta\t\n".utf8Span.span.bytes)
        #expect(try connection.endCopy() == 1)
        try connection.commit()
    }

    @Test func `a COPY given up by the client leaves nothing`() throws {
        let connection = try self.database.open()
        try connection.copyIn("COPY public.copy FROM STDIN")
        try connection.writeCopy("1\ta\t\n".utf8Span.span.bytes)
        connection.failCopy("the worker changed its mind")
        #expect(connection.transactionStatus == .idle)
        #expect(try connection.query("SELECT FROM public.copy").isEmpty)
    }

    @Test func `a COPY left half-read or half-written does not disturb the next statement`() throws {
        let connection = try self.database.open()
        var buffer = ByteBuffer()
        try connection.copyOut(self.endless)
        #expect(try connection.readCopy(into: &buffer, until: 10, rowLimit: 1) == .more(rows: 1))
        #expect(try connection.query("SELECT 1").count == 1)
        try connection.copyIn("COPY public.copy FROM STDIN")
        try connection.writeCopy("1\ta\t\n".utf8Span.span.bytes)
        #expect(try connection.query("SELECT FROM public.copy").isEmpty)
    }

    @Test func `an error in the middle of reading is the server's`() throws {
        let connection = try self.database.open()
        var buffer = ByteBuffer()
        try connection.copyOut("COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n) TO STDOUT")
        let error = failure { _ = try connection.readCopy(into: &buffer, until: 1000) }
        #expect(error?.sqlState == "22012")
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test func `what is no COPY in that direction is refused`() throws {
        let connection = try self.database.open()
        let wrong: [PostgresError?] = [
            failure { try connection.copyIn("SELECT 1") },
            failure { try connection.copyOut("COPY public.copy FROM STDIN") },
            failure { try connection.execute("COPY public.copy TO STDOUT") },
            failure { try connection.query("COPY public.copy FROM STDIN") },
        ]
        #expect(wrong.map { $0?.code } == Array(repeating: .protocolViolation, count: 4))
        #expect(failure { try connection.copyIn("COPY public.nothing FROM STDIN") }?.sqlState == "42P01")
        #expect(failure { try connection.endCopy() }?.code == .copyFailed)
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test func `a session terminated during a COPY is lost`() throws {
        let reader = try self.database.open(.source)
        let writer = try self.database.open()
        var buffer = ByteBuffer()
        try reader.copyOut(self.endless)
        try writer.copyIn("COPY public.copy FROM STDIN")
        let other = try self.database.open()
        for pid in [reader.backendPID, writer.backendPID] {
            try other.query("SELECT pg_terminate_backend($1::int)", [.integer(Int(pid))])
        }
        let reading = failure {
            while case .more = try reader.readCopy(into: &buffer, until: 1_000_000) { buffer.removeAll() }
        }
        #expect(reading?.code == .connectionLost)
        let writing = failure {
            for _ in 0..<100_000 { try writer.writeCopy("1\ta\t\n".utf8Span.span.bytes) }
            try writer.endCopy()
        }
        #expect(writing?.code == .connectionLost)
        #expect(failure { try writer.execute("ROLLBACK") }?.code == .connectionLost)
    }

    @Test func `a cancelled COPY leaves the session usable`() throws {
        let connection = try self.database.open()
        var buffer = ByteBuffer()
        try connection.copyOut(self.endless)
        let cancelling = RepeatedCancel(connection.canceller())
        let error = failure {
            while case .more = try connection.readCopy(into: &buffer, until: 1_000_000) { buffer.removeAll() }
        }
        cancelling.stop()
        #expect(error?.code == .cancelled)
        #expect(try connection.query("SELECT 1").count == 1)
    }

    private func text(_ bytes: RawSpan) -> String {
        bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
