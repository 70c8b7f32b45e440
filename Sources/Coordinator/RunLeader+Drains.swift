import ControlProtocol
import ControlStore
import Scheduling

extension RunLeader {
    /// Tells the workers to leave that an operator wants gone, until their pings say that they are at it.
    func drainWorkers() async throws {
        let now = ContinuousClock.now
        for request in try await self.store.drainRequests(of: self.run.id) {
            self.machine.drainAsked(request.incarnation, by: now + request.remaining)
        }
        for drain in self.machine.drains(now: now) {
            guard let worker = self.machine.workers[drain.worker], let peer = self.peers[drain.worker] else { continue }
            await self.say(
                .drain(Drain(deadlineSeconds: drain.deadline / .seconds(1))),
                worker: worker.name,
                incarnation: drain.worker,
                peer
            )
        }
    }

    /// Finds finished shards that an operator wants merged once more.
    func lookForMerges() async throws {
        let merging = try await self.store.mergingShards(of: self.run.id)
        let unnoticed = merging.filter { self.machine.shards[$0]?.state == .done }
        try await self.look(at: unnoticed)
    }
}
