import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import Logging
import Messaging
import Observability
import Postgres
import Scheduling

extension WorkerProcess {
    /// Sends a message; losing it costs time only.
    func say(_ message: WorkerMessage) async {
        guard let dealer = self.dealer, await !dealer.isConnecting else { return }
        self.sequence += 1
        let header = MessageHeader(
            run: self.run?.id,
            term: self.term,
            worker: self.configuration.name,
            incarnation: self.incarnation,
            sequence: self.sequence
        )
        do throws(ProtocolError) {
            let frames = try FrameCodec.encode(Envelope(header: header, message: message))
            let outcome = await dealer.send(frames)
            if outcome != .sent {
                self.logger.debug("a message was not sent", metadata: .of([.messageType: message.typeName]))
            }
        } catch {
            self.logger.error("a message can't be written", metadata: .of([.error: error.message]))
        }
    }

    /// Interprets a coordinator's message.
    func receive(_ frames: IncomingFrames, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let envelope: Envelope<CoordinatorMessage>
        do throws(ProtocolError) {
            envelope = try FrameCodec.decodeCoordinatorMessage(frames.frames)
        } catch {
            self.logger.warning("an unreadable message came in", metadata: .of([.error: error.message]))
            return
        }
        self.lastContact = .now
        if let term = envelope.header.term { self.term = term }
        switch envelope.message {
        case .welcome(let welcome):
            self.welcomed(welcome, in: &group)
        case .reject(let reject):
            self.rejected(reject)
        case .lease(let lease):
            await self.leased(lease, in: &group)
        case .acknowledge(let acknowledgement):
            self.machine.acknowledged(acknowledgement.lease, now: .now)
            self.reports[acknowledgement.lease] = nil
            self.shardsOfLeases[acknowledgement.lease] = nil
        case .revoke(let revoke):
            if let slot = self.machine.revoked(revoke.lease, now: .now) {
                self.logger.warning(
                    "a lease was revoked",
                    metadata: .of([.leaseID: revoke.lease, .reason: revoke.reason])
                )
                self.cancelDesk.cancel(self.slots[slot].control)
            }
            self.reports[revoke.lease] = nil
        case .drain(let drain):
            self.drainAsked(within: .seconds(drain.deadlineSeconds))
            // One with nothing at work leaves now.
            self.mailbox.yield(.tick)
        case .pong(let pong):
            self.machine.heard(now: .now)
            self.pacer.set(pong.pace)
            self.offerSnapshot(pong.snapshot, number: pong.snapshotNumber, in: &group)
            for request in pong.yields ?? [] {
                guard let slot = self.machine.slot(running: request.lease) else { continue }
                self.slots[slot].control.askToYield(parts: request.parts)
            }
        }
    }

    private func welcomed(_ welcome: Welcome, in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        if self.run?.id == welcome.run {
            self.machine.welcomed(timers: welcome.timers.workerTimers, now: .now)
            self.offerSnapshot(welcome.snapshot, number: welcome.snapshotNumber, in: &group)
            return
        }
        self.machine.heard(now: .now)
        guard !self.isJoining else { return }
        self.isJoining = true
        let sets = ParentSetCache(store: self.store, target: self.configuration.target)
        group.addTask { [store, mailbox] in
            mailbox.yield(.joined(welcome, await Self.context(of: welcome.run, sets, store)))
        }
    }

    /// The plan of the run has been read, or can't be yet: the next HELLO brings the next WELCOME.
    func joined(
        _ welcome: Welcome,
        _ context: Result<RunContext?, WorkerError>,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) throws {
        self.isJoining = false
        guard let context = try context.get() else {
            self.logger.warning("the run's plan can't be read yet", metadata: .of([.runID: welcome.run]))
            return
        }
        self.run = context
        // Throttled by its plan, by an operator, or not at all: the first PONG says so.
        self.pacer.close()
        self.logger.info("joined the run", metadata: .of([.runID: welcome.run]))
        self.welcomed(welcome, in: &group)
    }

    /// What the control schema says of a run; nil while it can't be reached.
    private static func context(
        of run: RunID,
        _ sets: ParentSetCache,
        _ store: ControlStore
    ) async -> Result<RunContext?, WorkerError> {
        do {
            let (revision, text) = try await store.currentPlan(run)
            let plan = try JSONDecoder().decode(ResolvedPlan.self, from: Data(text.utf8))
            return .success(RunContext(id: run, plan: plan, planRevision: revision, sets: sets))
        } catch let error as ControlStoreError where error.isTransient {
            return .success(nil)
        } catch let error as ControlStoreError {
            return .failure(WorkerError(.database, "\(error)"))
        } catch {
            return .failure(
                WorkerError(
                    .database,
                    "the resolved plan of run \(run) can't be read: this worker is of another version; \(error)"
                )
            )
        }
    }

    private func rejected(_ reject: Reject) {
        guard reject.isFatal else {
            switch reject.code {
            case .noRun:
                self.machine.sentAway(retry: .seconds(reject.retrySeconds), now: .now)
            case .unknownWorker, .planMismatch, .protocolMismatch, .notAuthorised:
                self.machine.askedForHello(now: .now)
            }
            return
        }
        // The first one says most; what is sent while it leaves is answered with another.
        let code: WorkerError.Code = reject.code == .notAuthorised ? .notAuthorised : .refused
        self.refusal = self.refusal ?? WorkerError(code, reject.message)
        self.machine.drain(deadline: .now)
    }
}
