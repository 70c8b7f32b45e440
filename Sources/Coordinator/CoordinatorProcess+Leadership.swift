import ControlStore
import FoundationEssentials
import Logging
import Observability
import Scheduling

extension CoordinatorProcess {
    /// The leadership as a process got it.
    struct Succession: Sendable {
        var term: Term
        /// Somebody else led while this process waited.
        var hasWaited: Bool
        /// What the coordinator before led, where this one has seen it lead.
        var run: RunID?
        /// It has been said for whom this process waits.
        var isStandingBy = false
    }

    /// Takes the leadership, or as a standby waits for it.
    ///
    /// - Parameter earlier: What this process has come to before; who led once takes over like one who has waited.
    /// - Returns: Nil where the process was told to leave while it waited.
    /// - Throws: `ControlStoreError`, or `CoordinatorError` where another one leads and this is no standby.
    func takeLeadership(after earlier: Succession?) async throws -> Succession? {
        var succession = Succession(term: .random(), hasWaited: earlier != nil, run: earlier?.run)
        var outage: Outage?
        while !self.isTerminated {
            do throws(ControlStoreError) {
                if let term = try await self.store.tryLead(
                    host: self.configuration.host,
                    pid: ProcessInfo.processInfo.processIdentifier
                ) {
                    succession.term = term
                    // Others may have led, and begun or ended the run, while this one had stepped down.
                    if earlier != nil { succession.run = try await self.store.ledRun() }
                    return succession
                }
                outage = nil
                if try await self.watchLeader(&succession) { continue }
            } catch {
                // The target is away, perhaps with the leader: nobody leads meanwhile.
                guard succession.hasWaited, error.isTransient else { throw error }
                self.endure(&outage, error)
            }
            guard self.configuration.isStandby else { throw try await self.isLedByAnother() }
            try await Task.sleep(for: Self.interval)
        }
        return nil
    }

    /// Between two tries for the leadership: what a hand-over costs at most, for two small queries.
    private static let interval = Duration.milliseconds(500)

    /// Silence of the leader after which its session is ended: three renewals.
    ///
    /// Below two renewals a slow target looks like a dead leader; above, the standby's takeover gets late.
    private static let silence = Duration.seconds(15)

    /// - Returns: Whether the lock is free now.
    private func watchLeader(_ succession: inout Succession) async throws(ControlStoreError) -> Bool {
        if self.configuration.isStandby, !succession.isStandingBy {
            succession.isStandingBy = true
            let leader = try await self.store.leader() ?? "unknown"
            self.logger.notice("standing by for the leader", metadata: .of([.reason: leader]))
        }
        succession.hasWaited = true
        // Read under a living leader: what an earlier one left behind is nobody's business.
        succession.run = try await self.store.ledRun()
        guard self.configuration.isStandby,
            let deposed = try await self.store.deposeSilentLeader(after: Self.silence)
        else { return false }
        self.logger.warning("ended the session of a silent leader", metadata: .of([.reason: deposed]))
        return true
    }

    private func isLedByAnother() async throws -> CoordinatorError {
        let leader = try await self.store.leader() ?? "unknown"
        return CoordinatorError(
            .notLeading,
            """
            another coordinator leads this target (\(leader)): only one works at a time; watch its run with \
            `godwit status`, add to it with `godwit worker`, wait for its end with `godwit coordinator --standby`
            """
        )
    }

    private func endure(_ outage: inout Outage?, _ error: ControlStoreError) {
        var current = outage ?? Outage(since: .now)
        for case .alert(let lasting) in current.tick(now: .now) {
            self.logger.error(
                "the target does not answer; standing by",
                metadata: .of([.error: "\(error)", .durationMilliseconds: Int(lasting / .milliseconds(1))])
            )
        }
        outage = current
    }
}
