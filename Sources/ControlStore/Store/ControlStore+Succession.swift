import Postgres
package import Scheduling

/// How one coordinator follows another.
extension ControlStore {
    /// Says that the coordinator of this term lives.
    ///
    /// A call for a store beside the leading one, whose session may be busy with one statement for minutes.
    ///
    /// - Returns: Whether the term still reigns.
    package func renewLeadership(_ term: Term) throws(ControlStoreError) -> Bool {
        try self
            .query(
                "renew the leadership",
                "UPDATE godwit.leadership SET renewed_at = clock_timestamp() WHERE term = $1::uuid",
                [.text(term.description)]
            )
            .affectedRows == 1
    }

    /// Takes the leadership again after the connection was lost.
    ///
    /// Where the network was cut the server may keep the old session, and with it the lock, until its keepalives fail:
    /// while the term is still ours, that session is ours to end.
    ///
    /// - Returns: The term, nil where another coordinator has taken over.
    package func resumeLeading(after term: Term, host: String, pid: Int32) throws(ControlStoreError) -> Term? {
        if let term = try self.tryLead(host: host, pid: pid) { return term }
        let ended = try self.query(
            "end the lost session of this coordinator",
            """
            SELECT pg_terminate_backend(held.pid, \(Self.deposalTimeout)) AS ended
              FROM godwit.leadership AS leader
              JOIN pg_locks AS held ON held.pid = leader.backend_pid AND \(Self.isLeaderLock)
             WHERE leader.term = $2::uuid
            """,
            [.integer(Self.leaderLock), .text(term.description)]
        )
        guard ended.first?.flag("ended") == true else { return nil }
        return try self.tryLead(host: host, pid: pid)
    }

    /// Publishes where the reigning coordinator listens, for whom, and the run that it leads.
    package func announce(
        endpoint: String,
        requiringKeys: Bool = false,
        leading run: RunID
    ) throws(ControlStoreError) {
        try self.lead(
            "announce the coordinator's endpoint",
            """
            UPDATE godwit.leadership SET endpoint = $2, run_id = $3::uuid, requires_keys = $4::boolean
             WHERE term = $1::uuid
            """,
            [.text(endpoint), .run(run), .text(requiringKeys ? "true" : "false")]
        )
    }

    /// Whether a coordinator is up that lets in workers with keys only.
    package func leaderRequiresKeys() throws(ControlStoreError) -> Bool {
        let required = try self.query(
            "ask whether the coordinator requires keys",
            "SELECT FROM godwit.leadership WHERE requires_keys AND endpoint IS NOT NULL"
        )
        // What the last one required says nothing about the next.
        guard !required.isEmpty else { return false }
        return try self.isLed()
    }

    /// The run that the coordinator of the last reign leads or led, nil before it has opened one.
    package func ledRun() throws(ControlStoreError) -> RunID? {
        try self.query("look up the run that is led", "SELECT run_id FROM godwit.leadership").first?
            .text("run_id").flatMap { RunID($0) }
    }

    /// Whether a row `held` of `pg_locks` is the leader's lock, which is `$1`.
    ///
    /// A bigint lock shows its halves: https://www.postgresql.org/docs/current/view-pg-locks.html
    private static let isLeaderLock = """
        held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND held.classid = ($1::bigint >> 32)::bigint::oid AND held.objid = ($1::bigint & 4294967295)::oid
        """

    /// How long the ended session of a silent leader has to go, in milliseconds; an idle one takes none of it.
    private static let deposalTimeout = 5000

    /// Ends the session of a leader that has not renewed for so long: it is stopped, cut off, or its host is gone.
    ///
    /// The lock is free afterwards. A leader that was stopped between taking the lock and writing its row is known by
    /// the age of its session's last statement.
    ///
    /// - Returns: Whether there was one, as people read it; nil while the leader lives or nobody leads.
    package func deposeSilentLeader(after silence: Duration) throws(ControlStoreError) -> String? {
        try self
            .query(
                "take the leadership from a silent coordinator",
                """
                SELECT leader.host || ', process ' || leader.pid || ', silent for '
                           || round(extract(epoch FROM clock_timestamp() - leader.renewed_at)) || ' s' AS leader,
                       pg_terminate_backend(session.pid, \(Self.deposalTimeout)) AS ended
                  FROM godwit.leadership AS leader
                  JOIN pg_locks AS held ON \(Self.isLeaderLock)
                  JOIN pg_stat_activity AS session ON session.pid = held.pid
                 WHERE leader.renewed_at < clock_timestamp() - make_interval(secs => $2::double precision)
                   AND session.pid <> pg_backend_pid()
                   AND (session.pid = leader.backend_pid
                        OR session.state_change < clock_timestamp() - make_interval(secs => $2::double precision))
                """,
                [.integer(Self.leaderLock), .seconds(silence)]
            )
            .first?
            .text("leader")
    }
}
