import Catalog
import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

/// The leader's work on the source: its hold on the snapshot, and what an entity needs before its load.
extension RunLeader {
    /// Asks whether the snapshot is still held, beside the event loop: a source may take long to answer.
    func checkSnapshot(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        guard !self.isCheckingSnapshot else { return }
        self.isCheckingSnapshot = true
        group.addTask { [snapshot, mailbox, wanted = self.wantedSnapshot ?? 0] in
            do {
                let held = try await snapshot.hold(atLeast: wanted)
                mailbox.yield(.snapshotChecked(.success(held)))
                // The next look at the snapshot finds out what is wrong with its session.
                if let waits = try? await snapshot.waits() { mailbox.yield(.waitsSeen(waits)) }
            } catch {
                mailbox.yield(.snapshotChecked(.failure(error)))
            }
        }
    }

    func snapshotChecked(_ result: Result<RunSnapshot.Held, any Error>) async throws {
        self.isCheckingSnapshot = false
        do {
            let held = try result.get()
            self.snapshotIdentifier = held.identifier
            if held.number != self.snapshotNumber { self.roster.forgetSnapshots() }
            self.snapshotNumber = held.number
        } catch let error as PostgresError where error.isTransient {
            self.snapshotIdentifier = nil
            guard self.sourceOutage == nil else {
                self.sourceOutage?.attemptFailed(now: .now, jitter: .random(in: 0...1))
                return
            }
            self.logger.warning("the source does not answer", metadata: .of([.error: "\(error)"]))
            self.sourceOutage = Outage(since: .now)
            return
        } catch {
            // Nothing was recorded: the next check holds it anew.
            self.snapshotIdentifier = nil
            self.sourceOutage?.attemptFailed(now: .now, jitter: .random(in: 0...1))
            throw error
        }
        if self.targetOutage == nil { try await self.beginReplays() }
        guard let outage = self.sourceOutage else { return }
        self.sourceOutage = nil
        let seconds = Int(((.now - outage.since) / .seconds(1)).rounded())
        self.logger.notice("the source answers again", metadata: .of([.durationMilliseconds: seconds * 1000]))
        guard self.targetOutage == nil else { return }
        try await self.note(
            .warning,
            .outageOver,
            "the source could not be used for \(seconds) s; the run went on by itself"
        )
    }

    /// Prepares the entities whose time has come.
    func startPreparations(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        guard let snapshot = self.snapshotIdentifier else { return }
        for (name, due) in self.unprepared where due <= .now && !self.preparing.contains(name) {
            guard let entity = self.plan.entity(named: name.rawValue) else { continue }
            self.unprepared[name] = nil
            self.preparing.insert(name)
            let plan = self.plan
            // On its own, because losers of a large table take a while and pings must be answered meanwhile.
            group.addTask { [preparation, mailbox] in
                do throws(PreparationFailure) {
                    let dueRounds = try await preparation.prepare(entity, plan: plan, snapshot: snapshot)
                    mailbox.yield(.prepared(name, .success(dueRounds)))
                } catch {
                    mailbox.yield(.prepared(name, .failure(error)))
                }
            }
        }
    }

    func prepared(_ name: EntityName, _ result: Result<Set<TaskRound>, PreparationFailure>) async throws {
        self.preparing.remove(name)
        // After an outage every entity that was being prepared is prepared again.
        guard self.targetOutage == nil, self.machine.isPreparing(name) else { return }
        switch result {
        case .failure(let failure) where failure.isTransient:
            self.unprepared[name] = .now + Self.preparationDelay * Double.random(in: 0.5...1)
            self.schedule.hurry(.snapshot, now: .now)
            self.logger.warning(
                "an entity can't be prepared yet",
                metadata: .of([.entity: name, .error: failure.message])
            )
            try await self.note(
                .warning,
                .preparationDelayed,
                "can't be prepared yet: \(failure.message)",
                entity: name
            )
        case .failure(let failure):
            try await self.end(RunSummary(.failed, "\(name) can't be prepared: \(failure.message)"))
        case .success(let dueRounds):
            // The same that was begun before an outage will do.
            self.unprepared[name] = nil
            self.machine.prepared(name, dueRounds: dueRounds)
            try await self.store.setStage(of: name, in: self.run.id, .copying)
            self.logger.info("entity released", metadata: .of([.entity: name]))
        }
    }

    /// Before an entity whose preparation was disturbed is prepared again, with jitter.
    private static let preparationDelay = Duration.seconds(4)
}
