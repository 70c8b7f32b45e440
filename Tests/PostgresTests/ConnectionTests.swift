import Postgres
import PostgresFixture
import Testing

@Suite struct ConnectionTests {
    let database: TestDatabase

    init() throws {
        self.database = try TestDatabase()
    }

    @Test func `settings are pinned against what the database prefers`() throws {
        let administration = try self.database.open()
        for preference in [
            "TimeZone = 'Asia/Tokyo'", "DateStyle = 'SQL, DMY'", "statement_timeout = '2min'",
            "bytea_output = 'escape'",
            "search_path = 'public'", "default_transaction_isolation = 'serializable'", "extra_float_digits = '0'",
            "standard_conforming_strings = 'off'", "row_security = 'on'", "lock_timeout = '5s'",
            "array_nulls = 'off'", "default_transaction_read_only = 'on'",
        ] {
            try administration.execute("ALTER DATABASE \(self.database.parameters.database) SET \(preference)")
        }
        let connection = try self.database.open()
        let pinned = [
            "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "search_path": "pg_catalog",
            "row_security": "off", "statement_timeout": "0", "lock_timeout": "0", "extra_float_digits": "3",
            "client_encoding": "UTF8", "bytea_output": "hex", "standard_conforming_strings": "on",
            "client_min_messages": "warning", "idle_in_transaction_session_timeout": "1min",
            "default_transaction_isolation": "read committed", "application_name": "gdw:test",
            "client_connection_check_interval": "5s", "array_nulls": "on", "default_transaction_read_only": "off",
        ]
        for (name, value) in pinned where connection.serverVersion >= 140_000 || !name.hasPrefix("client_connection") {
            let row = try connection.query("SELECT current_setting($1)", [.text(name)]).first
            #expect(row?.text(0) == value, "\(name)")
        }
    }

    @Test func `a source session may wait in its transaction for hours`() throws {
        let row = try self.database.open(.source).query("SHOW idle_in_transaction_session_timeout").first
        #expect(row?.text(0) == "0")
    }

    @Test func `the session knows its server`() throws {
        let connection = try self.database.open()
        let row = try #require(
            try connection.query("SELECT pg_backend_pid(), current_setting('server_version_num')").first
        )
        #expect(row.integer(0) == Int64(connection.backendPID))
        #expect(row.integer(1) == Int64(connection.serverVersion))
        #expect(connection.isBroken == false)
    }

    @Test func `a committed transaction is over`() throws {
        let connection = try self.database.open()
        #expect(connection.transactionStatus == .idle)
        try connection.execute("BEGIN; CREATE TABLE public.t (a int)")
        #expect(connection.isInTransaction == true)
        try connection.commit()
        #expect(connection.isInTransaction == false)
        #expect(try connection.query("SELECT 1 FROM pg_class WHERE relname = 't'").count == 1)
    }

    @Test func `committing a failed transaction throws`() throws {
        let connection = try self.database.open()
        try connection.execute("BEGIN")
        #expect(failure { try connection.execute("SELECT 1/0") }?.sqlState == "22012")
        #expect(connection.transactionStatus == .failed)
        #expect(failure { try connection.execute("SELECT 1") }?.code == .transactionAborted)
        #expect(failure { try connection.commit() }?.code == .transactionAborted)
        #expect(connection.transactionStatus == .idle)
    }

    @Test func `a refused row carries all the server's fields`() throws {
        let connection = try self.database.open()
        try connection.execute(
            "CREATE TABLE public.t (a int CONSTRAINT only_once UNIQUE); INSERT INTO public.t VALUES (1)"
        )
        let error = try #require(failure { try connection.query("INSERT INTO public.t VALUES ($1)", [1]) })
        #expect(error.code == .serverRefused)
        #expect(error.sqlState == "23505")
        #expect(error.schema == "public")
        #expect(error.table == "t")
        #expect(error.constraint == "only_once")
        #expect(error.detail == "Key (a)=(1) already exists.")
        #expect(error.message.hasPrefix("INSERT INTO public.t VALUES ($1) failed on the target ("))
        #expect(!error.isTransient)
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test func `several statements answer with the last tag`() throws {
        let connection = try self.database.open()
        #expect(
            try connection.execute("CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1), (2)")
                == "INSERT 0 2"
        )
        #expect(try connection.query("UPDATE public.t SET a = a + 1 WHERE a > $1", [1]).affectedRows == 1)
        #expect(try connection.execute("") == "")
    }

    @Test func `a cancelled statement says so and leaves the session usable`() throws {
        let connection = try self.database.open()
        let cancelling = RepeatedCancel(connection.canceller())
        let error = failure { try connection.query("SELECT pg_sleep(600)") }
        cancelling.stop()
        #expect(error?.code == .cancelled)
        #expect(error?.sqlState == "57014")
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test func `a terminated session is lost and transient`() throws {
        let connection = try self.database.open()
        try connection.execute("BEGIN")
        try self.database.open()
            .query(
                "SELECT pg_terminate_backend($1::int, 5000)",
                [.integer(Int(connection.backendPID))]
            )
        let error = try #require(failure { try connection.commit() })
        #expect(error.code == .connectionLost)
        #expect(error.isTransient)
        #expect(connection.isBroken == true)
        #expect(failure { try connection.query("SELECT 1") }?.code == .connectionLost)
    }

    @Test func `a crashed server loses its sessions and comes back`() throws {
        let server = try PrivateServer()
        let parameters = try server.createDatabase()
        let connection = try Connection(parameters, role: .target, applicationName: "gdw:test")
        try server.restart()
        let error = failure { try connection.execute("SELECT 1") }
        #expect(error?.code == .connectionLost)
        #expect(error?.isTransient == true)
        _ = try Connection(parameters, role: .target, applicationName: "gdw:test")
    }
}
