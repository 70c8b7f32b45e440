import Postgres
import PostgresFixture
import Testing

@testable import ControlStore

@Suite struct ControlSchemaTests {
    private func connection() throws -> Connection {
        try Connection(PrivateServer.shared.createDatabase(), role: .control, applicationName: "test")
    }

    @Test func `the second installation finds nothing to do`() throws {
        let connection = try self.connection()
        #expect(throws: ControlStoreError.self) { try ControlSchema.require(on: connection) }
        #expect(try ControlSchema.install(on: connection) == ControlSchema.version)
        #expect(try ControlSchema.install(on: connection) == 0)
        try ControlSchema.require(on: connection)
    }

    @Test func `an older schema gets the missing steps and keeps its rows`() throws {
        let connection = try self.connection()
        let older = Array(ControlSchema.steps.prefix(2))
        #expect(try ControlSchema.install(older, on: connection) == 2)
        try connection.execute(
            "INSERT INTO godwit.leadership (term, host, pid, backend_pid) VALUES (gen_random_uuid(), 'here', 1, 1)"
        )
        do {
            try ControlSchema.require(on: connection)
            Issue.record("an older schema was accepted")
        } catch {
            #expect(error.code == .notInstalled)
        }
        #expect(try ControlSchema.install(on: connection) == ControlSchema.version - 2)
        #expect(try connection.query("SELECT host FROM godwit.leadership").first?.text(0) == "here")
    }

    @Test func `a trigger that an older version had switched off is one step of its own`() throws {
        let connection = try self.connection()
        _ = try ControlSchema.install(Array(ControlSchema.steps.prefix(12)), on: connection)
        try connection.execute(
            """
            INSERT INTO godwit.suspended_objects
                   (run_id, entity, kind, table_name, object_name, restore_sql, restored_at)
            VALUES (gen_random_uuid(), 'orders', 'trigger', 'public.orders', 'one', 'ALTER "1"', NULL),
                   (gen_random_uuid(), 'orders', 'trigger', 'public.orders', 'two', 'ALTER "2"', now())
            """
        )
        try ControlSchema.install(on: connection)
        let rows = try connection.query("SELECT steps, steps_done FROM godwit.suspended_objects ORDER BY id").rows
        #expect(rows.map { $0.text(0) } == [1, 2].map { #"[{"sql": "ALTER \"\#($0)\"", "kind": "trigger"}]"# })
        #expect(rows.map { $0.integer(1) } == [0, 1])
    }

    @Test func `a newer schema is refused`() throws {
        let connection = try self.connection()
        try ControlSchema.install(on: connection)
        try connection.execute(
            "INSERT INTO godwit.schema_version (step, title) VALUES (\(ControlSchema.version + 1), 'x')"
        )
        do {
            try ControlSchema.install(on: connection)
            Issue.record("a newer schema was accepted")
        } catch {
            #expect(error.code == .newerSchema)
        }
        let isInTransaction = connection.isInTransaction
        #expect(!isInTransaction)
    }

    @Test func `a step that fails leaves nothing behind`() throws {
        let connection = try self.connection()
        let broken = UpgradeStep(
            number: ControlSchema.version + 1,
            title: "broken",
            sql: "CREATE TABLE godwit.half (); nonsense"
        )
        #expect(throws: ControlStoreError.self) {
            _ = try ControlSchema.install(ControlSchema.steps + [broken], on: connection)
        }
        #expect(try ControlSchema.installedVersion(on: connection) == nil)
    }

    @Test func `of two installers at once, one does the work`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let stores = ["first", "second"].map { ControlStore(parameters: parameters, applicationName: $0) }
        async let first = stores[0].install()
        async let second = stores[1].install()
        let applied = try await [first, second]
        #expect(applied.sorted() == [0, ControlSchema.version])
        try await stores[0].requireSchema()
    }

    @Test func `an installation that was begun is seen when it is committed`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let other = try Connection(parameters, role: .control, applicationName: "test")
        let store = ControlStore(parameters: parameters, applicationName: "installer")
        await store.beginInstallation()
        #expect(try ControlSchema.installedVersion(on: other) == nil)
        #expect(try await store.install() == ControlSchema.version)
        #expect(try ControlSchema.installedVersion(on: other) == ControlSchema.version)
        // There is nothing to begin where there is a schema.
        await store.beginInstallation()
        #expect(try await store.install() == 0)
    }

    @Test func `an installation that was begun and abandoned leaves nothing`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let other = try Connection(parameters, role: .control, applicationName: "test")
        let store = ControlStore(parameters: parameters, applicationName: "installer")
        await store.beginInstallation()
        await store.abandonInstallation()
        #expect(try await store.install() == ControlSchema.version)
        #expect(try ControlSchema.installedVersion(on: other) == ControlSchema.version)
    }

    @Test func `an installation whose session is lost before it is committed is done again`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let other = try Connection(parameters, role: .control, applicationName: "test")
        let store = ControlStore(parameters: parameters, applicationName: "installer")
        await store.beginInstallation()
        let ended = try other.query(
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE application_name = 'installer' AND datname = current_database()
            """
        )
        #expect(ended.rows.map { $0.bool(0) } == [true])
        #expect(try await store.install() == ControlSchema.version)
        #expect(try ControlSchema.installedVersion(on: other) == ControlSchema.version)
    }

    @Test func `a schema made for a role that can make none is enough`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        try Connection(parameters, role: .control, applicationName: "test")
            .execute("CREATE ROLE leads_only LOGIN; CREATE SCHEMA godwit AUTHORIZATION leads_only")
        let login = try PrivateServer.shared.parameters(database: parameters.database, user: "leads_only")
        let store = ControlStore(parameters: login, applicationName: "test")
        #expect(try await store.install() == ControlSchema.version)
        let standing = try await store.standing()
        #expect(standing.mayLead)
        #expect(!standing.mayCreate)
        #expect(standing.owner == "leads_only")
    }

    @Test func `who is neither owner nor allowed to make a schema is told so`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let connection = try Connection(parameters, role: .control, applicationName: "test")
        try connection.execute("CREATE ROLE leads_nothing LOGIN")
        let login = try PrivateServer.shared.parameters(database: parameters.database, user: "leads_nothing")
        for words in ["there is no schema godwit", "belongs to postgres, and leads_nothing is no member"] {
            let store = ControlStore(parameters: login, applicationName: "test")
            do throws(ControlStoreError) {
                try await store.install()
                Issue.record("the schema was installed")
            } catch {
                #expect(error.code == .notPermitted)
                #expect(error.message.contains(words), "\(error)")
            }
            try ControlSchema.install(on: connection)
        }
    }

    @Test func `steps are numbered without gaps`() {
        #expect(ControlSchema.steps.map(\.number) == Array(1...ControlSchema.version))
    }

    @Test func `roles of a public API can read nothing, whatever they were granted by default`() throws {
        let connection = try self.connection()
        try connection.execute(
            """
            DO $$ BEGIN
                CREATE ROLE anon; CREATE ROLE authenticated;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$;
            ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO anon, authenticated;
            ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO anon;
            """
        )
        try ControlSchema.install(on: connection)
        let readable = try connection.query(
            """
            SELECT role, relname FROM pg_class, unnest(ARRAY['anon', 'authenticated']) AS role
             WHERE relnamespace = 'godwit'::regnamespace AND relkind IN ('r', 'v') AND has_table_privilege(role, oid, 'SELECT')
            """
        )
        #expect(readable.isEmpty)
        #expect(try connection.query("SELECT has_schema_privilege('anon', 'godwit', 'USAGE')").first?.bool(0) == false)
    }
}
