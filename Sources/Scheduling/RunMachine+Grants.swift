extension RunMachine {
    /// A shard and the worker that shall have it; real once the control schema has recorded it.
    package struct Grant: Sendable, Equatable {
        package var shard: ShardID
        package var worker: Incarnation
    }

    /// Silence after which a worker gets nothing more, three pings; it loses nothing by it. Below two pings a busy
    /// worker starves, above ten a dead one collects shards that wait for their lease to expire.
    package static let suspicion = Duration.seconds(6)

    /// Chooses shards for the free slots of live workers.
    ///
    /// - Parameters:
    ///   - now: The coordinator's monotonic clock.
    ///   - minuteOfDay: Local time, for the plan's window.
    ///   - limit: The most grants of one transaction.
    package mutating func grants(
        now: ContinuousClock.Instant,
        minuteOfDay: Int,
        limit: Int = 200
    ) -> [Grant] {
        guard self.pauseReason == nil, self.limits.window?.contains(minuteOfDay) ?? true else { return [] }
        var seats = self.freeSeats(now: now)
        var room = min(limit, self.limits.slots(workers: self.workers.count) - self.leasedCount)
        var grants: [Grant] = []
        for position in self.grantOrder() {
            guard room > 0, !seats.isEmpty else { break }
            let entity = self.entities[position]
            var share = min(room, (entity.parallelism ?? .max) - self.tallies[position].leased)
            let shards = self.shards
            self.queues[position].offer(
                isPending: { if case .pending = shards[$0]?.state { true } else { false } },
                to: { entry in
                    guard share > 0, !seats.isEmpty else { return false }
                    guard (entry.kind == .fill) == (entity.stage == .filling) else { return true }
                    if case .pending(let notBefore?) = shards[entry.id]?.state, notBefore > now { return true }
                    grants.append(Grant(shard: entry.id, worker: seats.take()))
                    share -= 1
                    room -= 1
                    return true
                }
            )
        }
        return grants
    }

    /// When the next pending shard's wait is over, nil when none waits.
    package func nextRetry(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        self.shards.values.lazy.compactMap { shard -> ContinuousClock.Instant? in
            guard case .pending(let notBefore?) = shard.state, notBefore > now else { return nil }
            return notBefore
        }.min()
    }

    /// Entities whose shards may be granted: highest priority first, then dependency order.
    private func grantOrder() -> [Int] {
        self.entities.indices
            .filter { self.entities[$0].stage == .copying || self.entities[$0].stage == .filling }
            .sorted { (-self.entities[$0].priority, $0) < (-self.entities[$1].priority, $1) }
    }

    private func freeSeats(now: ContinuousClock.Instant) -> Seats {
        let free = self.workers.values
            .filter { !$0.isDraining && now - $0.lastHeard < Self.suspicion }
            .map { ($0.incarnation, $0.slots - (self.leases[$0.incarnation]?.count ?? 0)) }
            .filter { $0.1 > 0 }
            .sorted { (-$0.1, $0.0.description) < (-$1.1, $1.0.description) }
        return Seats(free: free)
    }

    /// Free slots, handed out one worker after the other, so that load spreads over the hosts.
    struct Seats {
        private var free: [(worker: Incarnation, slots: Int)]
        private var turn = 0

        init(free: [(Incarnation, Int)]) {
            self.free = free.map { (worker: $0.0, slots: $0.1) }
        }

        var isEmpty: Bool { self.free.isEmpty }

        mutating func take() -> Incarnation {
            if self.turn >= self.free.count { self.turn = 0 }
            let worker = self.free[self.turn].worker
            self.free[self.turn].slots -= 1
            if self.free[self.turn].slots == 0 {
                self.free.remove(at: self.turn)
            } else {
                self.turn += 1
            }
            return worker
        }
    }
}
