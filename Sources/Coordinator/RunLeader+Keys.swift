import ControlProtocol
import ControlStore
import Logging
import Messaging
import Observability
import Scheduling

extension RunLeader {
    /// Takes over the allow-list, and cuts off whose key is no longer on it.
    func followKeys() async throws {
        guard let gate = self.gate else { return }
        self.keyBook.update(try await self.store.keys())
        gate.admit(only: self.keyBook.authorised)
        for key in gate.takeRefused() { try await self.noteRefused(key) }
        guard self.keyBook.hasRevocations else { return }
        for worker in self.machine.workers.values where self.keyBook.isRevoked(worker.incarnation) {
            try await self.expel(worker)
        }
        // Also those that said HELLO to a coordinator before this one; these are written down by now.
        try await self.recordWorkers()
        for name in try await self.store.recordRevoked(of: self.run.id) { try await self.noteRevoked(name) }
        for holder in try await self.store.revokedHolders(of: self.run.id) {
            try await self.takeLeases(of: holder)
        }
    }

    /// Whether a message is its sender's to send; what is not is dropped.
    func accepts(_ envelope: Envelope<WorkerMessage>, _ frames: IncomingFrames) async -> Bool {
        guard self.gate != nil else { return true }
        let header = envelope.header
        let isHello = if case .hello = envelope.message { true } else { false }
        let reason: String
        switch self.keyBook.judge(frames.key, header, isHello: isHello) {
        case .accepted:
            return true
        case .unknownProcess:
            await self.refuse(.unknownWorker, "say HELLO", header, frames.peer, isFatal: false)
            return false
        case .notAuthorised:
            reason = "its key is not authorised, or no longer"
        case .foreignName(let key):
            reason = "the key \(key) is for workers called \(key) or \(key)-…: start it with such a --name"
        case .foreignProcess(let key):
            reason = "the process introduced itself with another key than \(key)"
        }
        self.figures.foreignMessages += 1
        await self.say(
            .reject(Reject(code: .notAuthorised, message: reason, isFatal: true, retrySeconds: 0)),
            to: header,
            frames.peer
        )
        if self.figures.foreignSenders.count < Self.rememberedSenders,
            self.figures.foreignSenders.insert(header.incarnation).inserted
        {
            self.logger.warning(
                "messages of a worker are dropped",
                metadata: .of([.workerID: header.worker, .publicKey: frames.key?.text, .reason: reason])
            )
        }
        return false
    }

    /// So many dropped senders are logged once each; beyond it only counted.
    private static let rememberedSenders = 1_000

    private func expel(_ worker: WorkerEntry) async throws {
        self.logger.warning("a worker's key was revoked", metadata: .of([.workerID: worker.name]))
        if let peer = self.peers[worker.incarnation] {
            await self.say(
                .reject(
                    Reject(
                        code: .notAuthorised,
                        message: "the key of \(worker.name) was revoked",
                        isFatal: true,
                        retrySeconds: 0
                    )
                ),
                worker: worker.name,
                incarnation: worker.incarnation,
                peer
            )
        }
        self.machine.parted(worker.incarnation)
        self.peers[worker.incarnation] = nil
        self.roster.left(worker.incarnation, state: "revoked")
        try await self.takeLeases(of: worker.incarnation)
        try await self.noteRevoked(worker.name)
    }

    private func noteRevoked(_ name: WorkerName) async throws {
        try await self.note(.warning, .keyRevoked, "cut off: the key was revoked", worker: name)
    }

    /// Says once a run that somebody without an authorised key has knocked.
    private func noteRefused(_ key: CurveKey) async throws {
        if self.keyBook.isRevoked(key) {
            // Its revocation is on record.
            return self.logger.warning("a revoked key was refused", metadata: .of([.publicKey: key.text]))
        }
        self.logger.warning(
            "a worker's key was refused; godwit keys authorize NAME KEY lets it in",
            metadata: .of([.publicKey: key.text])
        )
        // Anybody who reaches the port can make up keys.
        guard self.figures.refusedKeys < Self.recordedRefusals else { return }
        self.figures.refusedKeys += 1
        let data = ["kind": EventKind.keyRefused.rawValue, "public_key": key.text]
        guard try await !self.store.hasEvent(with: data, of: self.run.id) else { return }
        let text = "a worker was refused: its key was never authorised"
        try await self.store.record([NewEvent(.warning, .keyRefused, text, data: data)], of: self.run.id)
    }

    /// So many refused keys become events of a reign; all are in its log.
    private static let recordedRefusals = 100

    /// Ends what works under a process's leases, and makes the shards pending at once.
    private func takeLeases(of holder: Incarnation) async throws {
        let reclaimed = try await self.store.reclaim([holder])
        try await self.look(at: reclaimed.map(\.shard))
    }
}
