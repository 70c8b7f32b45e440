import ControlProtocol
import ControlStore
import Logging
import Messaging
import Observability
import Scheduling

/// Workers that introduce themselves.
extension RunLeader {
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
        // Who comes after the end need not wait to hear of it.
        if self.ended != nil { self.schedule.hurry(.dismissal, now: .now) }
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
}
