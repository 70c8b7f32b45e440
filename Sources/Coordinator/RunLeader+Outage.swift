import ControlProtocol
import ControlStore
import FoundationEssentials
import Logging
import Messaging
import Observability
import Postgres
import Scheduling

/// What the leader does while a database is away: it keeps its workers, decides nothing, and goes on by itself.
extension RunLeader {
    /// Takes an error for an outage of the target.
    ///
    /// - Throws: Whatever waiting does not heal.
    func endure(_ error: any Error) throws {
        guard let error = error as? ControlStoreError, error.isOutage else { throw error }
        guard self.targetOutage == nil else { return }
        // Back at once: its waits go on growing, or the two would alternate without a pause.
        if let last = self.lastRecovery, .now - last.at < Self.relapse {
            self.targetOutage = TargetOutage(outage: last.outage.outage, error: "\(error)")
            self.targetOutage?.outage.attemptFailed(now: .now, jitter: .random(in: 0...1))
        } else {
            self.targetOutage = TargetOutage(outage: Outage(since: .now), error: "\(error)")
        }
    }

    /// An outage that comes back within this time is the same one.
    private static let relapse = Duration.seconds(10)

    /// Does what the outages call for.
    func watchOutages(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for action in self.targetOutage?.outage.tick(now: .now) ?? [] {
            switch action {
            case .alert(let lasting):
                self.alert("waiting for the target", lasting, self.targetOutage?.error)
            case .attempt:
                let pid = ProcessInfo.processInfo.processIdentifier
                group.addTask { [store, mailbox, term = self.term, host = self.configuration.host] in
                    do throws(ControlStoreError) {
                        let resumed = try await store.resumeLeading(after: term, host: host, pid: pid)
                        mailbox.yield(.targetAnswered(.success(resumed)))
                    } catch {
                        mailbox.yield(.targetAnswered(.failure(error)))
                    }
                }
            }
        }
        for action in self.sourceOutage?.tick(now: .now) ?? [] {
            switch action {
            case .alert(let lasting): self.alert("waiting for the source", lasting, nil)
            case .attempt: self.checkSnapshot(&group)
            }
        }
    }

    private func alert(_ message: Logger.Message, _ lasting: Duration, _ error: String?) {
        self.logger.error(
            message,
            metadata: .of([
                .runID: self.run.id, .durationMilliseconds: Int(lasting / .milliseconds(1)), .error: error,
            ])
        )
    }

    /// Answers workers while the target is away, so that they stay; what they report comes again.
    func calm(_ frames: IncomingFrames) async {
        guard let envelope = await self.read(frames) else { return }
        let header = envelope.header
        switch envelope.message {
        case .hello(let hello):
            await self.greet(hello, header, frames.peer)
        case .ping:
            self.peers[header.incarnation] = frames.peer
            await self.say(.pong(self.pong(to: header)), to: header, frames.peer)
        case .done, .failed:
            break
        case .bye:
            self.machine.parted(header.incarnation)
            self.peers[header.incarnation] = nil
            self.roster.left(header.incarnation, state: "gone")
        }
    }

    /// The target was asked for the leadership again.
    func targetAnswered(_ answer: Result<Term?, ControlStoreError>) async throws {
        guard let outage = self.targetOutage else { return }
        do throws(ControlStoreError) {
            guard let term = try answer.get() else {
                return try await self.stepDown()
            }
            self.term = term
            self.keeper.follow(term)
        } catch {
            guard error.isOutage else { throw error }
            self.targetOutage?.outage.attemptFailed(now: .now, jitter: .random(in: 0...1))
            return
        }
        do {
            try await self.recover(from: outage)
        } catch let error as ControlStoreError where error.isOutage {
            self.targetOutage?.outage.attemptFailed(now: .now, jitter: .random(in: 0...1))
        }
    }

    /// Another coordinator leads: says so and grants nothing more.
    private func stepDown() async throws(ControlStoreError) {
        let leader = try await self.store.leader() ?? "unknown"
        self.keeper.follow(nil)
        self.end = .deposed(
            """
            another coordinator (\(leader)) took over while this one was stopped or cut off from the target; it goes on \
            with the run
            """
        )
        await self.sendWorkersAway()
    }

    /// Begins anew from what the control schema says, with the workers that are there.
    private func recover(from outage: TargetOutage) async throws {
        let record = try await self.store.run(matching: .id(self.run.id))
        if self.ended == nil,
            let summary = try await RunConclusion.recorded(of: record, plan: self.plan, in: self.store)
        {
            return try await self.leave(with: summary)
        }
        if record.planRevision > self.run.planRevision { try await self.followPlan() }
        let machine = try await self.restoredMachine(of: record)
        let breaker = try await CircuitBreaker(of: self.run.id, plan: self.plan, in: self.store)
        let epoch = try await self.store.advancePresenceEpoch(of: self.run.id)
        try await self.store.announce(endpoint: self.endpoint, requiringKeys: self.gate != nil, leading: self.run.id)
        if let ended = self.ended { try await self.recordEnd(ended) }
        let seconds = Int(((.now - outage.outage.since) / .seconds(1)).rounded())
        try await self.note(
            .warning,
            .outageOver,
            "the target could not be used for \(seconds) s; the run went on by itself (\(outage.error))"
        )
        self.run = record
        self.machine = machine
        self.epoch = epoch
        self.unprepared.removeAll()
        self.unanalyzed.removeAll()
        // The machine asks for the end again, and with it for the replays that wait.
        self.wantedSnapshot = nil
        self.isConclusionDue = false
        self.conclusion = .none
        self.lastFigures = .due
        self.unlooked.removeAll()
        self.areGrantsRefused = false
        self.breaker = breaker
        self.runPause.follow(record.status, record.pauseCause, reason: record.statusReason)
        self.schedule = TickSchedule(now: .now)
        self.lastRecovery = (outage, .now)
        self.hasListenedSince = .now
        self.targetOutage = nil
        self.logger.notice(
            "the target answers again",
            metadata: .of([.runID: self.run.id, .term: self.term, .durationMilliseconds: seconds * 1000])
        )
    }

    /// A machine as the control schema has the run, with the workers that are there.
    private func restoredMachine(of record: RunRecord) async throws -> RunMachine {
        var machine = try await RunMachine.restored(of: record, plan: self.plan, from: self.store)
        for var worker in self.machine.workers.values {
            // As after HELLO: what it can take, its next ping says.
            worker.slots = 0
            machine.greeted(worker)
        }
        return machine
    }

    /// Somebody has ended the run meanwhile: leaves as if this process had done it.
    private func leave(with summary: RunSummary) async throws {
        let summary = summary.outcome == .failed ? try await self.restored(after: summary) : summary
        self.keeper.follow(nil)
        try await self.store.stopLeading()
        self.end = .left(summary)
        await self.sendWorkersAway()
    }

    /// Has the workers look for the next coordinator at once; losing it costs them some seconds.
    func sendWorkersAway() async {
        for worker in self.machine.workers.values {
            guard let peer = self.peers[worker.incarnation] else { continue }
            await self.say(
                .reject(
                    Reject(code: .noRun, message: "this coordinator leaves", isFatal: false, retrySeconds: 0)
                ),
                worker: worker.name,
                incarnation: worker.incarnation,
                peer
            )
        }
        await self.sendOutbox()
        // The socket forgets what is queued when it is closed; cancelled, it is.
        try? await Task.sleep(for: Self.lastWords)
    }

    /// For messages to leave the socket (safe from some milliseconds to a second).
    private static let lastWords = Duration.milliseconds(100)
}
