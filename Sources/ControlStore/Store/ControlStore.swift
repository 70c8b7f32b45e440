package import Postgres
import Scheduling

/// Every statement on the control schema, over one connection that is opened when needed and again when lost.
///
/// A lost connection is never hidden: the call fails with a transient error, and the leadership is lost with it,
/// because the advisory lock dies with its session. All writes of a coordinator go over the session that holds the
/// lock, so a deposed coordinator can't write even before it has noticed.
package actor ControlStore {
    private nonisolated let executor: BlockingExecutor
    private let parameters: ConnectionParameters
    private let applicationName: String
    private var connection: Connection?
    /// Of the control schema, made and not committed; nil where that is not under way.
    private var uncommittedSteps: Int?
    /// The term of this store's session, nil while it does not lead.
    var term: Term?

    /// - Parameters:
    ///   - parameters: Where the target database is.
    ///   - applicationName: What `pg_stat_activity` shows, such as `godwit coordinator`.
    package init(parameters: ConnectionParameters, applicationName: String) {
        self.parameters = parameters
        self.applicationName = applicationName
        self.executor = BlockingExecutor(label: applicationName)
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        self.executor.asUnownedSerialExecutor()
    }

    /// Makes the control schema or brings it up to date; what `beginInstallation()` has made is only committed.
    ///
    /// - Returns: The number of steps that were applied.
    @discardableResult
    package func install() throws(ControlStoreError) -> Int {
        try self.open()
        if let applied = self.uncommittedSteps {
            self.uncommittedSteps = nil
            do throws(ControlStoreError) {
                try ControlSchema.commitInstallation(on: self.connection!)
                return applied
            } catch {
                // The session is gone, after a minute of waiting perhaps, and all of it with it: once more.
                self.close()
                try self.open()
            }
        }
        let applied = try ControlSchema.install(on: self.connection!)
        return applied
    }

    /// Begins to make the control schema where there is none, in a transaction that only `install()` commits.
    ///
    /// For the time in which something else has to be found out before anything may be there; until then this store must be
    /// asked for nothing else. What goes wrong is said by `install()`, which tries again.
    package func beginInstallation() {
        do throws(ControlStoreError) {
            try self.open()
            guard try ControlSchema.installedVersion(on: self.connection!) == nil else { return }
            self.uncommittedSteps = try ControlSchema.beginInstallation(on: self.connection!)
        } catch {
            self.close()
        }
    }

    /// Takes back what `beginInstallation()` has done.
    package func abandonInstallation() {
        guard self.uncommittedSteps != nil else { return }
        self.close()
    }

    /// Refuses to work with a control schema of another version.
    package func requireSchema() throws(ControlStoreError) {
        try self.open()
        try ControlSchema.require(on: self.connection!)
    }

    /// How this store's role stands to the control schema.
    package func standing() throws(ControlStoreError) -> SchemaStanding {
        try self.open()
        let standing = try ControlSchema.standing(on: self.connection!)
        return standing
    }

    /// Closes the connection, and gives up the leadership with it.
    package func close() {
        self.connection = nil
        self.term = nil
        self.uncommittedSteps = nil
    }

    /// Runs a statement and takes its rows.
    @discardableResult
    func query(
        _ purpose: String,
        _ sql: String,
        _ parameters: [QueryParameter] = []
    ) throws(ControlStoreError) -> QueryResult {
        try self.open()
        do throws(PostgresError) {
            return try self.connection!.query(sql, parameters)
        } catch {
            if self.connection?.isBroken == true { self.close() }
            throw ControlStoreError(.database, purpose, underlying: error)
        }
    }

    /// Runs several statements without parameters.
    func script(_ purpose: String, _ sql: String) throws(ControlStoreError) {
        try self.open()
        do throws(PostgresError) {
            _ = try self.connection!.execute(sql)
        } catch {
            if self.connection?.isBroken == true { self.close() }
            throw ControlStoreError(.database, purpose, underlying: error)
        }
    }

    /// Runs a coordinator's statement, which must be conditional on ``reigns``; `$1` is the term.
    ///
    /// - Throws: `termLost` where this store does not lead (any more).
    @discardableResult
    func lead(
        _ purpose: String,
        _ sql: String,
        _ parameters: [QueryParameter] = []
    ) throws(ControlStoreError) -> QueryResult {
        guard let term = self.term else { throw Self.termLost(purpose) }
        let result = try self.query(purpose, sql, [.text(term.description)] + parameters)
        // Nothing done is ambiguous: nothing to do, or not our reign.
        if result.isEmpty && result.affectedRows == 0 { try self.confirmTerm(term, purpose) }
        return result
    }

    /// Runs statements in one transaction.
    func transaction<Value: Sendable>(
        _ purpose: String,
        isolation: String = "READ COMMITTED, READ WRITE",
        _ body: () throws(ControlStoreError) -> Value
    ) throws(ControlStoreError) -> Value {
        try self.query(purpose, "BEGIN ISOLATION LEVEL \(isolation)")
        do throws(ControlStoreError) {
            let value = try body()
            try self.commit(purpose)
            return value
        } catch {
            // The first error is the one to report; a failed ROLLBACK means that the session is gone anyway.
            if self.connection?.isInTransaction == true { _ = try? self.connection?.execute("ROLLBACK") }
            throw error
        }
    }

    /// The condition of every write of a coordinator.
    static let reigns = "EXISTS (SELECT FROM godwit.leadership WHERE term = $1::uuid)"

    private func commit(_ purpose: String) throws(ControlStoreError) {
        do throws(PostgresError) {
            try self.connection!.commit()
        } catch {
            if self.connection?.isBroken == true { self.close() }
            throw ControlStoreError(.database, purpose, underlying: error)
        }
    }

    private func open() throws(ControlStoreError) {
        if self.connection?.isBroken == true { self.close() }
        guard self.connection == nil else { return }
        do throws(PostgresError) {
            let connection = try Connection(self.parameters, role: .control, applicationName: self.applicationName)
            // A grant that a crash forgets would be granted twice.
            try connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                    + " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            )
            self.connection = consume connection
        } catch {
            throw ControlStoreError(.database, "connect to the control schema", underlying: error)
        }
    }

    private func confirmTerm(_ term: Term, _ purpose: String) throws(ControlStoreError) {
        let reign = try self.query(
            purpose,
            "SELECT FROM godwit.leadership WHERE term = $1::uuid",
            [.text(term.description)]
        )
        guard reign.isEmpty else { return }
        self.term = nil
        throw Self.termLost(purpose)
    }

    private static func termLost(_ purpose: String) -> ControlStoreError {
        ControlStoreError(.termLost, "\(purpose): this coordinator does not lead, or no longer")
    }
}
