import ControlProtocol
import ControlStore
import Logging
import Messaging
import Observability
import Scheduling

extension RunLeader {
    /// Interprets messages that have come, for as long as a turn may take; the others follow in the next.
    ///
    /// What can be done for many is done at once, because a large pool ends a thousand attempts a second, and joins or leaves
    /// all together: ended attempts are looked at, holders of the snapshot written down, and leases of those that left taken
    /// back, in one statement each.
    func receive(from intake: Intake) async throws {
        let isTaken = self.backlog.isEmpty
        if isTaken { self.backlog = intake.take()[...] }
        // The signal of those that came after it is used up.
        defer { if !isTaken || !self.backlog.isEmpty { self.mailbox.yield(.received) } }
        let begin = ContinuousClock.now
        var batch = Batch()
        while let frames = self.backlog.popFirst() {
            if self.targetOutage == nil {
                try await self.receive(frames, &batch)
            } else {
                await self.calm(frames)
            }
            guard .now - begin < Self.longestIntake else { break }
        }
        self.turn.spent(on: "messages")
        try await self.settle(batch)
    }

    /// So long one turn takes messages in; most take microseconds, a failure some statements (safe from some milliseconds).
    private static let longestIntake = Duration.milliseconds(40)

    /// What the messages of one turn call for together.
    private struct Batch {
        var finished: [Finished] = []
        /// Workers that export a snapshot that was not known of.
        var holders: [Incarnation] = []
        var departed: [Incarnation] = []
    }

    private func settle(_ batch: Batch) async throws {
        if !batch.holders.isEmpty {
            // Before they get their first shard: a coordinator killed from here on has a snapshot to go on with.
            try await self.record(batch.holders.flatMap { self.roster.take($0) })
        }
        if !batch.departed.isEmpty {
            // They have rolled back or finished what they held; a report that got lost need not cost the lease's whole time.
            let held = batch.departed.flatMap { self.machine.shards(leasedTo: $0) }
            _ = try await self.store.reclaim(batch.departed)
            try await self.look(at: held)
        }
        if self.ended != nil, self.machine.workers.isEmpty { self.isLeaving = true }
        guard !batch.finished.isEmpty else { return }
        try await self.look(at: batch.finished.map(\.done.shard))
        for one in batch.finished {
            await self.say(.acknowledge(Acknowledgement(lease: one.done.lease)), to: one.header, one.peer)
        }
        self.turn.spent(on: "ended attempts")
    }

    /// A worker's word that a shard is done, to be acknowledged once the shard row says so.
    private struct Finished {
        var done: Done
        var header: MessageHeader
        var peer: PeerID
    }

    /// Interprets a worker's message, or notes it for the turn's batch; whatever it says, the shard row decides.
    private func receive(_ frames: IncomingFrames, _ batch: inout Batch) async throws {
        guard let envelope = await self.read(frames) else { return }
        let header = envelope.header
        switch envelope.message {
        case .hello(let hello):
            await self.greet(hello, header, frames.peer)
        case .ping(let ping):
            if try await self.answer(ping, header, frames.peer) { batch.holders.append(header.incarnation) }
        case .done(let done):
            batch.finished.append(Finished(done: done, header: header, peer: frames.peer))
        case .failed(let failed):
            try await self.take(failed, header, frames.peer)
        case .bye:
            self.machine.parted(header.incarnation)
            self.peers[header.incarnation] = nil
            self.roster.left(header.incarnation, state: "gone")
            self.keyBook.forget(header.incarnation)
            batch.departed.append(header.incarnation)
        }
    }

    /// Reads a message of a worker, which is heard by it; nil where it can't be read, or its sender may not say it.
    func read(_ frames: IncomingFrames) async -> Envelope<WorkerMessage>? {
        let envelope: Envelope<WorkerMessage>
        do throws(ProtocolError) {
            envelope = try FrameCodec.decodeWorkerMessage(frames.frames)
        } catch {
            self.figures.unreadableMessages += 1
            self.logger.debug("an unreadable message came in", metadata: .of([.error: error.message]))
            return nil
        }
        guard await self.accepts(envelope, frames) else { return nil }
        self.machine.heard(from: envelope.header.incarnation, now: .now)
        return envelope
    }

    /// Deals with a failure and acknowledges it; until then it is reported again and again.
    func take(_ failed: Failed, _ header: MessageHeader, _ peer: PeerID?, cut: Cut? = nil) async throws {
        guard try await self.note(failed, header, cut: cut), let peer else { return }
        await self.say(.acknowledge(Acknowledgement(lease: failed.lease)), to: header, peer)
    }

    /// - Returns: Whether the worker exports a snapshot that was not known of.
    private func answer(_ ping: Ping, _ header: MessageHeader, _ peer: PeerID) async throws -> Bool {
        let actions = self.machine.pinged(
            header.incarnation,
            held: ping.held.map(\.lease),
            capacity: ping.capacity,
            isDraining: ping.state == .draining,
            now: .now
        )
        guard actions != [.askForHello] else {
            await self.refuse(.unknownWorker, "say HELLO", header, peer, isFatal: false)
            return false
        }
        self.peers[header.incarnation] = peer
        self.machine.progressed(header.incarnation, ping.held.map { ($0.lease, $0.rows) }, now: .now)
        self.figures.saw(header.incarnation, ping.counters, at: .now)
        let isNewHolder = self.roster.pinged(ping, header, current: self.snapshotNumber)
        await self.say(.pong(self.pong(to: header)), to: header, peer)
        for action in actions {
            switch action {
            case .askForHello:
                break
            case .repeatLease(let shard):
                try await self.repeatLease(of: shard, to: header.incarnation)
            case .revoke(let lease):
                await self.say(
                    .revoke(Revoke(lease: lease, reason: "the control schema gives it to nobody or another")),
                    to: header,
                    peer
                )
            }
        }
        return isNewHolder
    }

    /// The answer to a ping.
    func pong(to header: MessageHeader) -> Pong {
        let yields = self.machine.yieldRequests(for: header.incarnation)
            .map { YieldRequest(lease: $0.lease, parts: $0.parts) }
        return Pong(
            echo: header.sequence,
            snapshot: self.snapshotIdentifier,
            snapshotNumber: self.snapshotNumber,
            pace: self.pace(for: header.incarnation),
            yields: yields.isEmpty ? nil : yields
        )
    }

    func refuse(
        _ code: Reject.Code,
        _ message: String,
        _ header: MessageHeader,
        _ peer: PeerID,
        isFatal: Bool = true,
        retryAfter: Duration = .zero
    ) async {
        if isFatal {
            self.logger.warning(
                "a worker was refused",
                metadata: .of([.workerID: header.worker, .reason: message])
            )
        }
        await self.say(
            .reject(
                Reject(code: code, message: message, isFatal: isFatal, retrySeconds: retryAfter / .seconds(1))
            ),
            to: header,
            peer
        )
    }

    /// Hands the socket what was said in this turn.
    func sendOutbox() async {
        guard !self.outbox.isEmpty else { return }
        let messages = self.outbox
        self.outbox.removeAll(keepingCapacity: true)
        self.figures.unsentMessages += await self.router.send(messages)
    }

    /// Has a message sent at the end of the turn; losing it costs time only.
    func say(_ message: CoordinatorMessage, to header: MessageHeader, _ peer: PeerID) async {
        await self.say(message, worker: header.worker, incarnation: header.incarnation, peer)
    }

    func say(_ message: CoordinatorMessage, worker: WorkerName, incarnation: Incarnation, _ peer: PeerID) async {
        self.sequence += 1
        let header = MessageHeader(
            run: self.run.id,
            term: self.term,
            worker: worker,
            incarnation: incarnation,
            sequence: self.sequence
        )
        do throws(ProtocolError) {
            let frames = try FrameCodec.encode(Envelope(header: header, message: message))
            self.outbox.append(OutgoingFrames(peer: peer, frames: frames))
        } catch {
            self.logger.error("a message can't be written", metadata: .of([.error: error.message]))
        }
    }

    func send(_ granted: GrantedShard, to incarnation: Incarnation) async {
        guard let peer = self.peers[incarnation], let worker = self.machine.workers[incarnation] else { return }
        let assignment = Assignment(
            lease: granted.lease,
            shard: granted.shard,
            kind: granted.kind,
            entity: granted.entity,
            range: granted.range,
            attempt: granted.attempt,
            epoch: self.epoch,
            merges: granted.merges,
            object: granted.object
        )
        let lease = Lease(
            assignment,
            snapshot: self.snapshotIdentifier,
            snapshotNumber: self.snapshotNumber,
            planRevision: self.run.planRevision
        )
        await self.say(.lease(lease), worker: worker.name, incarnation: incarnation, peer)
    }
}
