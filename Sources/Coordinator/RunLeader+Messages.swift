import ControlProtocol
import ControlStore
import Logging
import Messaging
import Observability
import Scheduling

extension RunLeader {
    /// Interprets messages that came together.
    ///
    /// Attempts that have ended are looked at in one statement: a large pool ends a thousand a second.
    func receive(_ messages: [IncomingFrames]) async throws {
        var finished: [Finished] = []
        for frames in messages {
            if self.targetOutage == nil {
                if let done = try await self.receive(frames) { finished.append(done) }
            } else {
                await self.calm(frames)
            }
        }
        guard !finished.isEmpty else { return }
        try await self.look(at: finished.map(\.done.shard))
        for one in finished {
            await self.say(.acknowledge(Acknowledgement(lease: one.done.lease)), to: one.header, one.peer)
        }
    }

    /// A worker's word that a shard is done, to be acknowledged once the shard row says so.
    private struct Finished {
        var done: Done
        var header: MessageHeader
        var peer: PeerID
    }

    /// Interprets a worker's message; whatever it says, the shard row decides.
    ///
    /// - Returns: What is left to be looked at.
    /// - Throws: What the control schema throws.
    private func receive(_ frames: IncomingFrames) async throws -> Finished? {
        guard let envelope = await self.read(frames) else { return nil }
        let header = envelope.header
        switch envelope.message {
        case .hello(let hello):
            await self.greet(hello, header, frames.peer)
        case .ping(let ping):
            try await self.answer(ping, header, frames.peer)
        case .done(let done):
            return Finished(done: done, header: header, peer: frames.peer)
        case .failed(let failed):
            try await self.take(failed, header, frames.peer)
        case .bye:
            let held = self.machine.shards(leasedTo: header.incarnation)
            self.machine.parted(header.incarnation)
            self.peers[header.incarnation] = nil
            self.roster.left(header.incarnation, state: "gone")
            self.keyBook.forget(header.incarnation)
            // It has rolled back or finished what it held; a report that got lost need not cost the lease's whole time.
            _ = try await self.store.reclaim(header.incarnation)
            try await self.look(at: held)
            if self.ended != nil, self.machine.workers.isEmpty { self.isLeaving = true }
        }
        return nil
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

    /// Processes that are known at once: ten times the largest pool that was measured; each costs a few kilobytes and a
    /// row, and made-up ones must not use up the memory.
    private static let largestPool = 20_000
    private static let fullPoolRetry = Duration.seconds(30)

    /// Answers a worker that introduces itself: it joins, or hears why it can't.
    func greet(_ hello: Hello, _ header: MessageHeader, _ peer: PeerID) async {
        guard let version = await self.admit(hello, header, peer) else { return }
        let isNew = self.roster.greeted(
            hello,
            header,
            key: self.keyBook.key(of: header.incarnation),
            current: self.snapshotNumber
        )
        self.peers[header.incarnation] = peer
        self.machine.greeted(
            WorkerEntry(name: header.worker, incarnation: header.incarnation, slots: 0, lastHeard: .now)
        )
        if isNew {
            self.logger.info(
                "a worker joined",
                metadata: .of([.workerID: header.worker, .slots: hello.slots])
            )
        }
        let timers = Timers(self.timers)
        await self.say(
            .welcome(
                Welcome(
                    protocolVersion: version,
                    timers: timers,
                    run: self.run.id,
                    snapshot: self.snapshotIdentifier,
                    snapshotNumber: self.snapshotNumber
                )
            ),
            to: header,
            peer
        )
    }

    /// Refuses a worker that this run has no use for.
    ///
    /// - Returns: The version to talk with one that may join.
    private func admit(_ hello: Hello, _ header: MessageHeader, _ peer: PeerID) async -> UInt8? {
        guard let version = ProtocolVersions.supported.highestCommon(with: hello.protocols) else {
            await self.refuse(
                .protocolMismatch,
                "this coordinator speaks another protocol: install the same version on both",
                header,
                peer
            )
            return nil
        }
        if let planHash = hello.planHash, !self.planHashes.contains(planHash) {
            await self.refuse(
                .planMismatch,
                """
                the worker was started for another plan (hash \(planHash.prefix(12))) than run #\(self.run.number) has \
                (hash \(self.run.planHash.prefix(12))): start it with the run's plan, or without --plan
                """,
                header,
                peer
            )
            return nil
        }
        guard self.machine.workers[header.incarnation] != nil || self.machine.workers.count < Self.largestPool else {
            await self.refuse(
                .noRun,
                "the pool has \(Self.largestPool) workers already",
                header,
                peer,
                isFatal: false,
                retryAfter: Self.fullPoolRetry
            )
            return nil
        }
        return version
    }

    private func answer(_ ping: Ping, _ header: MessageHeader, _ peer: PeerID) async throws {
        let actions = self.machine.pinged(
            header.incarnation,
            held: ping.held.map(\.lease),
            capacity: ping.capacity,
            isDraining: ping.state == .draining,
            now: .now
        )
        guard actions != [.askForHello] else {
            await self.refuse(.unknownWorker, "say HELLO", header, peer, isFatal: false)
            return
        }
        self.peers[header.incarnation] = peer
        self.machine.progressed(header.incarnation, ping.held.map { ($0.lease, $0.rows) }, now: .now)
        self.figures.saw(header.incarnation, ping.counters, at: .now)
        if self.roster.pinged(ping, header, current: self.snapshotNumber) {
            // Before the worker gets its first shard: a coordinator killed from here on has a snapshot to go on with.
            try await self.record(self.roster.take(header.incarnation))
        }
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
