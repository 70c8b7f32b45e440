extension RunMachine {
    /// What a ping calls for.
    package enum PingAction: Sendable, Equatable {
        /// The coordinator does not know this process: it shall say HELLO.
        case askForHello
        /// The same LEASE again: the schema says it is theirs, two pings did not show it.
        case repeatLease(ShardID)
        /// The worker is at something the schema does not give it.
        case revoke(LeaseID)
    }

    /// A process introduced itself, for the first time or again.
    package mutating func greeted(_ worker: WorkerEntry) {
        var entry = worker
        for lease in self.leases[worker.incarnation, default: [:]].keys { entry.unseen[lease] = 0 }
        entry.drainBy = self.workers[worker.incarnation]?.drainBy
        self.workers[worker.incarnation] = entry
        self.countVacancies(of: worker.incarnation)
    }

    /// A process reported what it is at.
    ///
    /// - Parameters:
    ///   - incarnation: The process.
    ///   - held: The leases it holds, running or waiting for an acknowledgement.
    ///   - capacity: Shards it can have at once now, those it has included.
    ///   - isDraining: Whether it takes nothing new.
    ///   - now: The coordinator's monotonic clock.
    /// - Returns: What it has to be told.
    package mutating func pinged(
        _ incarnation: Incarnation,
        held: [LeaseID],
        capacity: Int,
        isDraining: Bool,
        now: ContinuousClock.Instant
    ) -> [PingAction] {
        guard var worker = self.workers[incarnation] else { return [.askForHello] }
        worker.lastHeard = now
        worker.slots = capacity
        worker.isDraining = isDraining
        var actions: [PingAction] = []
        let heldSet = Set(held)
        let leased = self.leases[incarnation, default: [:]]
        for (lease, shard) in leased.sorted(by: { $0.value < $1.value }) {
            if heldSet.contains(lease) {
                worker.unseen[lease] = nil
                continue
            }
            let pings = (worker.unseen[lease] ?? 0) + 1
            worker.unseen[lease] = pings >= 2 ? 0 : pings
            if pings >= 2, !isDraining { actions.append(.repeatLease(shard)) }
        }
        for lease in held where leased[lease] == nil {
            actions.append(.revoke(lease))
        }
        self.workers[incarnation] = worker
        self.countVacancies(of: incarnation)
        return actions
    }

    /// A worker that must be told to leave.
    package struct Drain: Sendable, Equatable {
        package var worker: Incarnation
        /// What is left of its time; zero when it is over.
        package var deadline: Duration
    }

    /// An operator wants a process to leave: it gets nothing more from now on.
    package mutating func drainAsked(_ incarnation: Incarnation, by deadline: ContinuousClock.Instant) {
        guard self.workers[incarnation] != nil else { return }
        self.workers[incarnation]?.drainBy = deadline
        self.countVacancies(of: incarnation)
    }

    /// Who is to be told to leave, again and again until its pings say that it does.
    package func drains(now: ContinuousClock.Instant) -> [Drain] {
        self.workers.values
            .compactMap { worker in
                guard let deadline = worker.drainBy, !worker.isDraining else { return nil }
                return Drain(worker: worker.incarnation, deadline: max(.zero, deadline - now))
            }
            .sorted { $0.worker.rawValue < $1.worker.rawValue }
    }

    /// The shards a process is, or may be, at work on.
    package func shards(leasedTo incarnation: Incarnation) -> [ShardID] {
        Array(self.leases[incarnation, default: [:]].values).sorted()
    }

    /// Any other sign of life.
    package mutating func heard(from incarnation: Incarnation, now: ContinuousClock.Instant) {
        self.workers[incarnation]?.lastHeard = now
    }

    /// A process said goodbye, or is known to be dead.
    package mutating func parted(_ incarnation: Incarnation) {
        self.workers[incarnation] = nil
        self.vacancies[incarnation] = nil
    }

    /// Forgets processes that have been silent for so long that their leases have expired too.
    ///
    /// - Returns: The names of those forgotten.
    package mutating func forgetSilent(now: ContinuousClock.Instant, after silence: Duration) -> [WorkerEntry] {
        let silent = self.workers.values.filter { now - $0.lastHeard >= silence }
        for worker in silent { self.parted(worker.incarnation) }
        return silent.sorted { $0.name < $1.name }
    }
}
