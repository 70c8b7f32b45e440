package import Postgres

/// The schema `godwit` in the target database: what it takes to make it, and to bring an older one up to date.
package enum ControlSchema {
    /// Every step in order; the last one's number is the version.
    static let steps = [
        Self.runs, Self.shards, Self.records, Self.views, Self.splits, Self.keys, Self.succession,
        Self.replays, Self.control, Self.departures, Self.kept, Self.entrance, Self.rebuilding,
        Self.throttle, Self.stages, Self.objects, Self.gone,
    ]

    /// The version this program works with.
    package static var version: Int { Self.steps.count }

    /// "godwit" in ASCII; nobody else's transaction takes this advisory lock.
    static let upgradeLock = 0x676f_6477_6974

    /// Makes the schema or brings it up to date, in one transaction; does nothing where it is current.
    ///
    /// Two installers may run at once: the second waits and finds nothing to do.
    ///
    /// - Returns: The steps that were applied.
    @discardableResult
    package static func install(on connection: borrowing Connection) throws(ControlStoreError) -> Int {
        try Self.install(Self.steps, on: connection)
    }

    static func install(_ steps: [UpgradeStep], on connection: borrowing Connection) throws(ControlStoreError) -> Int {
        let applied = try Self.beginInstallation(steps, on: connection)
        try Self.commitInstallation(on: connection)
        return applied
    }

    /// Does the same in a transaction that is left open: nobody sees anything of it before it is committed.
    ///
    /// - Returns: The steps that were applied.
    static func beginInstallation(
        _ steps: [UpgradeStep] = Self.steps,
        on connection: borrowing Connection
    ) throws(ControlStoreError) -> Int {
        do throws(PostgresError) {
            try connection.execute("BEGIN")
            try connection.query("SELECT pg_advisory_xact_lock($1::bigint)", [.integer(Self.upgradeLock)])
        } catch {
            throw ControlStoreError(.database, "start installing the control schema", underlying: error)
        }
        do throws(ControlStoreError) {
            try Self.requireOwnership(on: connection)
            let applied = try Self.upgrade(with: steps, on: connection)
            try Self.perform("give the roles of workers and operators their rights") { () throws(PostgresError) in
                // Of an older schema that is being tested, or one that is newer, nothing is known.
                if steps.count == Self.version { try connection.execute(Self.roleGrants) }
            }
            return applied
        } catch {
            // The first error is the one to report; a ROLLBACK can only fail with the connection.
            _ = try? connection.execute("ROLLBACK")
            throw error
        }
    }

    /// Commits what `beginInstallation` has done.
    static func commitInstallation(on connection: borrowing Connection) throws(ControlStoreError) {
        try Self.perform("commit the control schema") { () throws(PostgresError) in try connection.commit() }
    }

    /// The version of the installed schema, nil where there is none.
    package static func installedVersion(on connection: borrowing Connection) throws(ControlStoreError) -> Int? {
        try Self.perform("read the version of the control schema") { () throws(PostgresError) in
            let table = try connection.query("SELECT to_regclass('godwit.schema_version')")
            guard table.first?.text(0) != nil else { return nil }
            return try connection.query("SELECT max(step) FROM godwit.schema_version").first?.integer(0).map { Int($0) }
        }
    }

    /// Refuses a schema this program can't work with.
    package static func require(on connection: borrowing Connection) throws(ControlStoreError) {
        let installed = try Self.installedVersion(on: connection) ?? 0
        if installed > Self.version { throw Self.newer(installed, than: Self.version) }
        if installed < Self.version {
            throw ControlStoreError(
                .notInstalled,
                installed == 0
                    ? "there is no control schema in the target; `godwit migrate` or `godwit coordinator` makes it"
                    : "the control schema is at version \(installed) of \(Self.version); start the newer coordinator first"
            )
        }
    }

    /// Takes back what PUBLIC and the roles of a public API could do with the schema; for every new table and view.
    ///
    /// Supabase grants `anon` and `authenticated` by default privileges; the schema holds source rows.
    static let revocation = """
        DO $$
        DECLARE
            grantee text;
        BEGIN
            FOR grantee IN
                SELECT 'PUBLIC' UNION ALL
                SELECT quote_ident(rolname) FROM pg_roles WHERE rolname IN ('anon', 'authenticated')
            LOOP
                EXECUTE 'REVOKE ALL ON SCHEMA godwit FROM ' || grantee;
                EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA godwit FROM ' || grantee;
                EXECUTE 'REVOKE ALL ON ALL SEQUENCES IN SCHEMA godwit FROM ' || grantee;
                EXECUTE 'REVOKE ALL ON ALL ROUTINES IN SCHEMA godwit FROM ' || grantee;
                EXECUTE 'ALTER DEFAULT PRIVILEGES IN SCHEMA godwit REVOKE ALL ON TABLES FROM ' || grantee;
                EXECUTE 'ALTER DEFAULT PRIVILEGES IN SCHEMA godwit REVOKE ALL ON SEQUENCES FROM ' || grantee;
                EXECUTE 'ALTER DEFAULT PRIVILEGES IN SCHEMA godwit REVOKE ALL ON ROUTINES FROM ' || grantee;
            END LOOP;
        END
        $$
        """

    /// Runs a statement and says what it was for when it fails.
    @discardableResult
    static func perform<Value>(
        _ purpose: String,
        _ body: () throws(PostgresError) -> Value
    ) throws(ControlStoreError) -> Value {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw ControlStoreError(.database, purpose, underlying: error)
        }
    }

    private static func upgrade(
        with steps: [UpgradeStep],
        on connection: borrowing Connection
    ) throws(ControlStoreError) -> Int {
        let installed = try Self.installedVersion(on: connection) ?? 0
        if installed > steps.count { throw Self.newer(installed, than: steps.count) }
        let missing = steps.filter { $0.number > installed }
        guard !missing.isEmpty else { return 0 }
        if installed == 0 {
            try Self.perform("create schema godwit") { () throws(PostgresError) in
                try connection.execute(Self.foundation)
            }
        }
        for step in missing {
            try Self.perform("bring the control schema to version \(step.number) (\(step.title))") {
                () throws(PostgresError) in
                try connection.execute(step.sql)
                try connection.query(
                    "INSERT INTO godwit.schema_version (step, title) VALUES ($1::integer, $2)",
                    [.integer(step.number), .text(step.title)]
                )
            }
        }
        try Self.perform("close schema godwit to other roles") { () throws(PostgresError) in
            try connection.execute(Self.revocation)
        }
        return missing.count
    }

    /// IF NOT EXISTS asks for CREATE on the database even where an administrator has made the schema for the role.
    private static let foundation = """
        DO $$ BEGIN IF to_regnamespace('godwit') IS NULL THEN CREATE SCHEMA godwit; END IF; END $$;
        COMMENT ON SCHEMA godwit IS 'Control schema of Godwit: runs, shards, rejects and audit.';
        CREATE TABLE godwit.schema_version (
            step        integer PRIMARY KEY,
            title       text NOT NULL,
            applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
            applied_by  text NOT NULL DEFAULT session_user
        );
        """

    private static func newer(_ installed: Int, than known: Int) -> ControlStoreError {
        ControlStoreError(
            .newerSchema,
            "the control schema is at version \(installed), this Godwit knows \(known); use the newer Godwit"
        )
    }
}
