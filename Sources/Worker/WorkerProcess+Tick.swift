import ControlProtocol
import ControlStore
import Glibc
import Logging
import Observability
import Scheduling

extension WorkerProcess {
    /// Does what the time calls for.
    func tick(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        await self.helloOnceConnected()
        self.lookForDrain(in: &group)
        for action in self.machine.tick(now: .now) {
            switch action {
            case .sayHello:
                await self.hello()
                self.repeatCancels()
            case .ping:
                await self.ping()
                self.repeatCancels()
            case .report(let lease):
                if let report = self.reports[lease] { await self.say(report) }
            case .renew(let leases):
                self.renew(leases, in: &group)
            case .cancel(let slot):
                self.logger.warning("stopping a shard", metadata: .of([.slot: slot]))
                self.cancelDesk.cancel(self.slots[slot].control)
            case .lookForCoordinator:
                self.lookForCoordinator(in: &group)
            case .reconnect:
                try await self.reconnect()
            case .leave:
                await self.leaveTheControlSchema()
                await self.say(.bye(Bye(released: self.machine.runningLeases)))
                self.logger.info("left")
            }
        }
        await self.explainSilence()
        if let patience = self.configuration.patience, .now - self.lastContact > patience {
            if let trouble = await self.handshakeTrouble() { throw trouble }
            throw WorkerError(
                .noCoordinator,
                "no coordinator has answered for \(patience): start one with `godwit coordinator` or `godwit migrate`"
            )
        }
    }

    /// Cancels the statements of attempts that were told to stop and have not ended.
    private func repeatCancels() {
        for slot in self.slots { self.cancelDesk.cancelAgain(slot.control) }
    }

    func hello() async {
        await self.say(
            .hello(
                Hello(
                    build: self.configuration.build,
                    host: self.configuration.host,
                    pid: getpid(),
                    slots: self.configuration.slots,
                    planHash: self.configuration.planHash,
                    held: self.machine.heldLeases.compactMap { lease in
                        self.shardsOfLeases[lease].map { HeldLease(lease: lease, shard: $0) }
                    },
                    snapshot: self.run?.snapshot,
                    snapshotNumber: self.run?.snapshotNumber
                )
            )
        )
    }

    func ping() async {
        let held = self.machine.heldLeases.compactMap { lease -> LeaseProgress? in
            guard let shard = self.shardsOfLeases[lease] else { return nil }
            let progress = self.progress.progress(of: lease)
            return LeaseProgress(lease: lease, shard: shard, rows: progress.rows, bytes: progress.bytes)
        }
        let isDraining = if case .draining = self.machine.mode { true } else { false }
        await self.say(
            .ping(
                Ping(
                    capacity: self.run?.snapshot == nil ? 0 : self.machine.capacity,
                    state: isDraining ? .draining : .running,
                    held: held,
                    counters: self.progress.counters(),
                    snapshot: self.run?.snapshot,
                    snapshotNumber: self.run?.snapshotNumber
                )
            )
        )
    }

    private func renew(_ leases: [LeaseID], in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        guard !self.isRenewing else { return }
        self.isRenewing = true
        let ttl = self.machine.timers.lease
        group.addTask { [store, mailbox, logger, incarnation] in
            let sent = ContinuousClock.now
            do throws(ControlStoreError) {
                let kept = try await store.renew(leases, ttl: ttl)
                mailbox.yield(.renewed(asked: leases, kept: kept, sent: sent))
                if let request = try await store.drainRequest(of: incarnation) { mailbox.yield(.drainAsked(request)) }
            } catch {
                // Nothing is known of the leases: the machine stops by itself when this goes on for too long.
                logger.warning("leases can't be renewed", metadata: .of([.error: "\(error)"]))
                mailbox.yield(.renewed(asked: [], kept: [], sent: sent))
            }
        }
    }
}
