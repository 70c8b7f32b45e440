extension RunMachine {
    /// A worker's part of what the pool does: it counts as often as it has shards, an idle one once.
    package func weight(of worker: Incarnation) -> Int { max(1, self.leases[worker]?.count ?? 0) }

    /// The parts of all workers.
    package var totalWeight: Int { self.workers.keys.reduce(0) { $0 + self.weight(of: $1) } }
}
