extension RunMachine {
    /// A running shard whose rest others could do.
    package struct YieldRequest: Sendable, Equatable {
        package var lease: LeaseID
        /// Shards to make of the rest.
        package var parts: Int
    }

    /// How far a running shard is, as its worker's pings say.
    struct Progress: Sendable {
        /// When it was first heard of, and with how many rows.
        var since: ContinuousClock.Instant
        var first: Int
        var rows: Int
    }

    /// A request that its worker has not answered yet, by giving the lease up.
    struct Wanted: Sendable {
        var parts: Int
        var since: ContinuousClock.Instant
    }

    /// A rest of less than this is not asked for: a request takes a ping, and a grant.
    static let worthAsking = Duration.seconds(2)
    /// For how long a request stands; a worker that did not follow it by then had its reasons.
    static let requestLifetime = Duration.seconds(15)

    /// A worker says how far it is with the leases it holds.
    package mutating func progressed(
        _ incarnation: Incarnation,
        _ rows: [(lease: LeaseID, rows: Int)],
        now: ContinuousClock.Instant
    ) {
        for (lease, count) in rows where self.leases[incarnation]?[lease] != nil {
            // Fewer than before: it began again.
            if var known = self.progress[lease], known.rows <= count {
                known.rows = count
                self.progress[lease] = known
            } else {
                self.progress[lease] = Progress(since: now, first: count, rows: count)
            }
        }
    }

    /// Chooses running shards for slots that have nothing to do; call it after `grants`.
    package mutating func chooseYields(now: ContinuousClock.Instant, isWindowOpen: Bool = true) {
        self.wanted = self.wanted.filter { now - $1.since < Self.requestLifetime }
        guard self.pauseReason == nil, isWindowOpen, self.grantOrder().isEmpty else { return }
        let free = self.vacancies
            .filter { now - (self.workers[$0.key]?.lastHeard ?? now) < Self.suspicion }
            .reduce(0) { $0 + $1.value }
        let room = min(free, self.limits.slots(workers: self.workers.count) - self.leasedCount)
        let idle = room - self.wanted.values.reduce(0) { $0 + $1.parts - 1 }
        guard idle > 0 else { return }
        let stragglers = self.stragglers(now: now).prefix(idle)
        for (place, lease) in stragglers.enumerated() {
            let share = idle / stragglers.count + (place < idle % stragglers.count ? 1 : 0)
            self.wanted[lease] = Wanted(parts: min(share + 1, YieldPolicy.mostParts), since: now)
        }
    }

    /// What a worker is to be told with the answer to each ping, until it has followed.
    package func yieldRequests(for incarnation: Incarnation) -> [YieldRequest] {
        guard !self.wanted.isEmpty, let held = self.leases[incarnation] else { return [] }
        return held.sorted { $0.value < $1.value }
            .compactMap { lease, _ in self.wanted[lease].map { YieldRequest(lease: lease, parts: $0.parts) } }
    }

    /// Running shards with a rest worth asking for, the longest first.
    private func stragglers(now: ContinuousClock.Instant) -> [LeaseID] {
        var found: [(lease: LeaseID, shard: ShardID, remaining: Double)] = []
        for (incarnation, leases) in self.leases {
            guard now - (self.workers[incarnation]?.lastHeard ?? now) < Self.suspicion else { continue }
            for (lease, id) in leases where self.wanted[lease] == nil {
                guard let shard = self.shards[id], shard.kind == .copy, let place = self.index[shard.entity],
                    self.entities[place].canYield,
                    self.entities[place].parallelism.map({ $0 > self.tallies[place].leased }) ?? true,
                    let remaining = self.remaining(of: shard, lease, now: now)
                else { continue }
                found.append((lease, id, remaining))
            }
        }
        return found.sorted { ($1.remaining, $0.shard) < ($0.remaining, $1.shard) }.map(\.lease)
    }

    /// Seconds that a shard still takes by its own rate; nil where that is not known, or too little.
    ///
    /// One that has read more than was estimated may have any number left: as many as it has read, perhaps, and its worker
    /// knows.
    private func remaining(of shard: ShardEntry, _ lease: LeaseID, now: ContinuousClock.Instant) -> Double? {
        guard let progress = self.progress[lease], progress.rows > progress.first else { return nil }
        let elapsed = (now - progress.since) / .seconds(1)
        guard elapsed >= Self.worthAsking / .seconds(1) else { return nil }
        let rate = Double(progress.rows - progress.first) / elapsed
        let left = shard.rows > progress.rows ? shard.rows - progress.rows : progress.rows
        let remaining = Double(left) / rate
        return remaining >= Self.worthAsking / .seconds(1) ? remaining : nil
    }
}
