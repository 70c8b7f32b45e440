import FoundationEssentials
import Postgres
package import Scheduling

/// The allow-list of CURVE keys: the operator's, in the control schema, so that every coordinator has the same one.
extension ControlStore {
    /// Makes the control schema where there is none: keys may be authorised before the first coordinator starts.
    ///
    /// - Returns: The role that made it, and owns it from now on; nil where it was there.
    @discardableResult
    package func installIfMissing() throws(ControlStoreError) -> String? {
        let table = try self.query("look for the control schema", "SELECT to_regclass('godwit.schema_version')")
        guard table.first?.text(0) == nil else {
            try self.requireSchema()
            return nil
        }
        try self.install()
        return try self.standing().role
    }

    /// Lets the holder of a key take part; does nothing where the key has that name already.
    ///
    /// - Throws: `refused` where the name has another key, the key another name, or the key was revoked.
    package func authorise(_ name: String, publicKey: String) throws(ControlStoreError) {
        try self.transaction("authorise the key of \(name)") { () throws(ControlStoreError) in
            let added = try self.query(
                "authorise the key of \(name)",
                "INSERT INTO godwit.keys (name, public_key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                [.text(name), .text(publicKey)]
            )
            guard added.affectedRows == 0 else {
                try self.recordKeyChange("the key of \(name) was authorised")
                return
            }
            let keys = try self.keys()
            if let same = keys.first(where: { $0.publicKey == publicKey }) {
                if same.name == name, same.isAuthorised { return }
                throw ControlStoreError(
                    .refused,
                    same.isAuthorised
                        ? "this key is authorised as \(same.name); revoke it first, and give \(name) a key of its own"
                        : "this key was revoked by \(same.revokedBy ?? "") and does not come back; generate another for \(name)"
                )
            }
            throw ControlStoreError(.refused, "\(name) has another key: revoke it first (godwit keys revoke \(name))")
        }
    }

    /// Locks the holder of a name's key out; a coordinator that is up notices within two seconds.
    ///
    /// - Throws: `notFound` where the name has no authorised key.
    package func revoke(_ name: String) throws(ControlStoreError) {
        try self.transaction("revoke the key of \(name)") { () throws(ControlStoreError) in
            let revoked = try self.query(
                "revoke the key of \(name)",
                """
                UPDATE godwit.keys SET revoked_at = clock_timestamp(), revoked_by = session_user
                 WHERE name = $1 AND revoked_at IS NULL
                """,
                [.text(name)]
            )
            guard revoked.affectedRows > 0 else {
                throw ControlStoreError(.notFound, "no key is authorised as \(name); see godwit keys list")
            }
            try self.recordKeyChange("the key of \(name) was revoked")
        }
    }

    /// All keys ever authorised, by name, the revoked ones of a name after the authorised one.
    package func keys() throws(ControlStoreError) -> [KeyRecord] {
        try self.query(
            "read the keys",
            """
            SELECT name, public_key, authorised_by, extract(epoch FROM authorised_at) AS authorised_at,
                   revoked_by, extract(epoch FROM revoked_at) AS revoked_at
              FROM godwit.keys ORDER BY name, godwit.keys.revoked_at DESC NULLS FIRST
            """
        )
        .rows.map { KeyRecord($0) }
    }

    /// The processes of revoked keys that have leases, whoever coordinated when they said HELLO.
    package func revokedHolders(of run: RunID) throws(ControlStoreError) -> [Incarnation] {
        try self.query(
            "look for leases of revoked keys",
            """
            SELECT DISTINCT shard.incarnation FROM godwit.shards AS shard
              JOIN godwit.workers AS worker USING (incarnation)
              JOIN godwit.keys AS key USING (public_key)
             WHERE shard.run_id = $1::uuid AND shard.state = 'leased' AND key.revoked_at IS NOT NULL
            """,
            [.run(run)]
        )
        .rows.map { row in row.value("incarnation") { Incarnation($0) } }
    }

    /// Notes as cut off whose key was revoked, whoever coordinated when they said HELLO.
    ///
    /// - Returns: Their names.
    /// - Throws: `termLost`, or the server's error.
    package func recordRevoked(of run: RunID) throws(ControlStoreError) -> [WorkerName] {
        try self.lead(
            "note the workers of revoked keys",
            """
            UPDATE godwit.workers AS worker SET state = 'revoked', snapshot = NULL
              FROM godwit.keys AS key
             WHERE key.public_key = worker.public_key AND key.revoked_at IS NOT NULL AND worker.run_id = $2::uuid
               AND worker.left_at IS NULL AND worker.state <> ALL ($3::text[]) AND \(Self.reigns)
            RETURNING worker.name
            """,
            [.run(run), .texts(WorkerRecord.departed)]
        )
        .rows.map { WorkerName(rawValue: $0.string("name")) }
    }

    /// Tells the runs that are not over yet.
    private func recordKeyChange(_ message: String) throws(ControlStoreError) {
        try self.query(
            "record a change of keys",
            """
            INSERT INTO godwit.events (run_id, level, message)
            SELECT id, 'info', $1 || ' by ' || session_user FROM godwit.migration_runs
             WHERE status IN ('running', 'paused')
            """,
            [.text(message)]
        )
    }
}

extension KeyRecord {
    init(_ row: Row) {
        self.name = row.string("name")
        self.publicKey = row.string("public_key")
        self.authorisedBy = row.string("authorised_by")
        self.authorisedAt = row.date("authorised_at") ?? .distantPast
        self.revokedBy = row.text("revoked_by")
        self.revokedAt = row.date("revoked_at")
    }
}
