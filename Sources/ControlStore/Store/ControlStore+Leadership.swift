import Postgres
package import Scheduling

extension ControlStore {
    /// "GDWLEAD1" in ASCII; the session advisory lock of the leading coordinator.
    static let leaderLock: Int64 = 0x4744_574c_4541_4431

    /// Whether this store's session holds the leadership, as far as it knows.
    package var isLeading: Bool { self.term != nil }

    /// Whether any session leads this target now, this one included.
    package func isLed() throws(ControlStoreError) -> Bool {
        // A bigint lock shows its halves: https://www.postgresql.org/docs/current/view-pg-locks.html
        let held = try self.query(
            "look for a coordinator",
            """
            SELECT FROM pg_locks
             WHERE locktype = 'advisory' AND granted AND objsubid = 1
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = ($1::bigint >> 32)::bigint::oid AND objid = ($1::bigint & 4294967295)::oid
            """,
            [.integer(Self.leaderLock)]
        )
        return !held.isEmpty
    }

    /// Whether this very process leads the target now.
    package func isLed(byHost host: String, pid: Int32) throws(ControlStoreError) -> Bool {
        guard try self.isLed() else { return false }
        let reign = try self.query(
            "look for a coordinator",
            "SELECT FROM godwit.leadership WHERE host = $1 AND pid = $2::integer AND endpoint IS NOT NULL",
            [.text(host), .integer(Int(pid))]
        )
        return !reign.isEmpty
    }

    /// Takes the leadership where nobody else has it, with a new term.
    ///
    /// The lock is free milliseconds after its holder's process is killed. The row is written only by the holder.
    ///
    /// - Returns: The term, nil while another session leads.
    package func tryLead(host: String, pid: Int32) throws(ControlStoreError) -> Term? {
        if let term = self.term { return term }
        let locked = try self.query(
            "take the leadership",
            "SELECT pg_try_advisory_lock($1::bigint) AS locked",
            [.integer(Self.leaderLock)]
        )
        guard locked.first?.flag("locked") == true else { return nil }
        let term = Term.random()
        try self.query(
            "begin a term",
            """
            INSERT INTO godwit.leadership (term, host, pid, backend_pid)
            VALUES ($1::uuid, $2, $3::integer, pg_backend_pid())
            ON CONFLICT (singleton) DO UPDATE
               SET term = excluded.term, host = excluded.host, pid = excluded.pid,
                   backend_pid = excluded.backend_pid, endpoint = NULL,
                   since = clock_timestamp(), renewed_at = clock_timestamp()
            """,
            [.text(term.description), .text(host), .integer(Int(pid))]
        )
        self.term = term
        return term
    }

    /// Gives the leadership up; the next coordinator has it at once.
    package func stopLeading() throws(ControlStoreError) {
        guard self.term != nil else { return }
        self.term = nil
        try self.query("give up the leadership", "SELECT pg_advisory_unlock_all()")
    }

    /// Asks the server whether the session and the term still stand.
    ///
    /// - Throws: `termLost`, or the connection's error.
    package func confirmLeadership() throws(ControlStoreError) {
        try self.lead("confirm the leadership", "SELECT 1 WHERE \(Self.reigns)")
    }
}
