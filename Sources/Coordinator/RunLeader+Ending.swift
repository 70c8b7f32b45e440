import ControlProtocol
import ControlStore
import Logging
import Observability
import Scheduling

/// How the run ends, and this process after it.
extension RunLeader {
    /// Whether the sums of a run that has ended are written down.
    enum LastFigures {
        /// They have to be read. Can transition to: reading, recorded.
        case due
        /// They are being read, beside the loop. Can transition to: recorded, due (after an outage).
        case reading
        /// They are there, or can't be had.
        case recorded
    }

    /// Ends the run and lets the workers go.
    func end(_ summary: RunSummary) async throws {
        guard self.ended == nil else { return }
        if summary.outcome == .done || summary.outcome == .incomplete {
            guard try await self.store.complete(self.run.id, reason: summary.message) else {
                self.isConclusionDue = true
                return
            }
        }
        self.ended = summary
        try await self.recordEnd(summary)
        try await self.noteEnd(summary)
        self.logger.notice("the run has ended", metadata: .of([.runID: self.run.id, .reason: summary.message]))
        // At once, so that they leave while the figures are written down.
        await self.dismissWorkers()
        await self.sendOutbox()
    }

    /// Writes down how the run ended; doing it again changes nothing.
    func recordEnd(_ summary: RunSummary) async throws {
        switch summary.outcome {
        case .failed:
            try await self.store.setStatus(
                self.run.id,
                .failed,
                reason: summary.message,
                errorDetails: ["message": summary.message]
            )
        case .done, .incomplete, .paused:
            break
        }
    }

    /// Tells whoever reads the events; a pause has its own, and so has a cancellation.
    private func noteEnd(_ summary: RunSummary) async throws {
        var event: NewEvent
        switch summary.outcome {
        case .done:
            event = NewEvent(.info, "the run is completed: \(summary.message)")
        case .incomplete:
            let message = "the run has ended, not as the plan wants it: \(summary.message)"
            event = NewEvent(.warning, .runIncomplete, message)
        case .failed where self.run.status != .cancelled:
            event = NewEvent(.error, .runFailed, "the run has failed: \(summary.message)")
        case .failed, .paused:
            return
        }
        event.data["ended"] = summary.outcome == .failed ? "failed" : "completed"
        try await self.store.record([event], of: self.run.id)
    }

    /// What running shards have at the end of a run before they are rolled back, as at TERM (safe up to a minute).
    private static let drainSeconds = 10.0

    /// Tells every worker to leave, until they have; then leaves as well.
    func dismissWorkers() async {
        for worker in self.machine.workers.values {
            guard let peer = self.peers[worker.incarnation] else { continue }
            await self.say(
                .drain(Drain(deadlineSeconds: Self.drainSeconds)),
                worker: worker.name,
                incarnation: worker.incarnation,
                peer
            )
        }
        if self.machine.workers.isEmpty { self.isLeaving = true }
    }

    /// The run has ended and the workers have left: writes the rest down.
    func finish() async throws {
        guard self.lastFigures == .recorded || self.ended == nil else { return }
        // All of a large pool take longer than a turn should.
        try await self.recordSomeWorkers()
        guard !self.roster.hasChanges else { return self.goOnSoon() }
        if let ended = self.ended, ended.outcome == .failed { self.ended = try await self.restored(after: ended) }
        // Nobody looks for them after this; who is only cut off finds the end of the run in the control schema.
        try await self.recordLost(silentFor: .zero)
        try await self.store.stopLeading()
        if let ended = self.ended { self.end = .left(try await self.unlessResumed(ended)) }
    }

    /// Says so where somebody resumed the run while the workers of a coordinator that had paused it were leaving: they
    /// were told that it goes on, and nobody leads it now.
    private func unlessResumed(_ summary: RunSummary) async throws -> RunSummary {
        guard summary.outcome == .paused else { return summary }
        let run = try await self.store.run(matching: .id(self.run.id))
        guard run.status == .running else { return summary }
        return RunSummary(
            .paused,
            "run #\(run.number) was resumed while its coordinator was leaving; start one:\ngodwit resume \(run.number)"
        )
    }

    /// Stops granting and leaves at once; the workers keep their shards and look for the next coordinator.
    func abdicate() async throws {
        self.logger.notice("leaving; the workers keep their shards")
        self.end = .left(
            self.ended ?? RunSummary(.paused, "the coordinator was told to leave; resume with the same command")
        )
        self.keeper.follow(nil)
        // With an outage the session is gone already, and the leadership with it.
        if self.targetOutage == nil { try await self.store.stopLeading() }
        await self.sendWorkersAway()
    }
}
