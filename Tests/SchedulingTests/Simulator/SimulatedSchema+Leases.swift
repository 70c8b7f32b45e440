@testable import Scheduling

extension SimulatedSchema {
    /// The session or the term does not lead any more.
    struct TermLost: Error {}

    struct GrantRequest {
        var shard: ShardID
        var lease: LeaseID
        var worker: Incarnation
    }

    /// Takes the leadership where nobody else has it.
    ///
    /// - Returns: The term, nil while another session leads.
    mutating func tryLead(_ coordinator: Int) -> Int? {
        guard self.lockHolder == nil else { return nil }
        self.lockHolder = coordinator
        self.term += 1
        return self.term
    }

    /// The condition of every write of a coordinator.
    private mutating func lead(_ term: Int) throws(TermLost) {
        guard term != self.term else { return }
        self.staleWrites += 1
        if self.scenario.planted != .staleTerm { throw TermLost() }
    }

    /// Asks whether the reign goes on.
    mutating func confirm(_ term: Int) throws(TermLost) {
        try self.lead(term)
    }

    mutating func setStage(_ stage: EntityNode.Stage, of entity: EntityName, term: Int) throws(TermLost) {
        try self.lead(term)
        self.stages[self.scenario.place(of: entity)] = stage
    }

    mutating func advanceEpoch(term: Int) throws(TermLost) -> Int {
        try self.lead(term)
        self.epoch += 1
        return self.epoch
    }

    /// - Returns: The requests that were granted.
    mutating func grant(_ requests: [GrantRequest], ttl: Double, term: Int) throws(TermLost) -> [GrantRequest] {
        try self.lead(term)
        guard self.status == .running else { return [] }
        var granted: [GrantRequest] = []
        for request in requests {
            guard case .pending = self[request.shard].entry.state else { continue }
            if term != self.term { self.violations.append("\(request.shard) was granted by a stale term") }
            self.change(request.shard, to: .leased(request.lease, request.worker))
            self[request.shard].leaseUntil = self.now + ttl
            self[request.shard].notBefore = nil
            self[request.shard].snapshot = self.snapshots
            granted.append(request)
        }
        self.checkTaskLimits()
        return granted
    }

    /// - Returns: The leases that are held still.
    mutating func renew(_ leases: [LeaseID], of worker: Incarnation, ttl: Double) -> Set<LeaseID> {
        var kept: Set<LeaseID> = []
        for lease in leases {
            if let id = self.leased[lease] {
                self[id].leaseUntil = self.now + ttl
                kept.insert(lease)
            } else if self.scenario.planted == .lateRenewal, let id = self.spent[lease],
                case .pending = self[id].entry.state
            {
                self.change(id, to: .leased(lease, worker))
                self[id].leaseUntil = self.now + ttl
                kept.insert(lease)
            }
            if self.spent[lease] != nil, kept.contains(lease) {
                self.violations.append("\(lease) was renewed after its end")
            }
        }
        return kept
    }

    mutating func release(_ lease: LeaseID) {
        guard let id = self.leased[lease] else { return }
        self.change(id, to: .pending(notBefore: nil))
    }

    /// Leases that have expired, or those of one worker, found without locks.
    mutating func reclaimable(of worker: Incarnation?, term: Int) throws(TermLost) -> [LeaseID] {
        try self.lead(term)
        return self.leased.keys.filter { self.isReclaimable($0, of: worker) }
            .sorted { self.leased[$0]! < self.leased[$1]! }
    }

    /// - Returns: The shards that were taken away.
    mutating func reclaim(_ leases: [LeaseID], of worker: Incarnation?, term: Int) throws(TermLost) -> [ShardID] {
        try self.lead(term)
        var reclaimed: [ShardID] = []
        for lease in leases where self.isReclaimable(lease, of: worker) {
            // The row of a shard that has been fenced is locked: SKIP LOCKED.
            guard let id = self.leased[lease], self.transactions[lease]?.locked != id else { continue }
            self.change(id, to: .pending(notBefore: nil))
            reclaimed.append(id)
        }
        return reclaimed
    }

    private func isReclaimable(_ lease: LeaseID, of worker: Incarnation?) -> Bool {
        guard let id = self.leased[lease], case .leased(_, let holder) = self[id].entry.state else { return false }
        if let worker { return holder == worker }
        return self[id].leaseUntil < self.now
    }

    /// The delay is that until the next attempt, nil where the shard has failed.
    mutating func recordFailure(
        _ id: ShardID,
        _ lease: LeaseID,
        counts: Bool,
        retryAfter delay: Double?,
        term: Int
    ) throws(TermLost) {
        try self.lead(term)
        guard self.holds(lease, id) else { return }
        if counts { self[id].failedAttempts += 1 }
        self[id].notBefore = delay.map { self.now + $0 }
        self.change(id, to: delay == nil ? .failed : .pending(notBefore: nil))
    }

    /// Puts two halves in the place of a shard whose attempts are used up, where its rows can be cut.
    ///
    /// - Returns: The halves, nil where one row or none is left.
    mutating func split(_ id: ShardID, _ lease: LeaseID, term: Int) throws(TermLost) -> [ShardID]? {
        let shard = self[id]
        let middle = shard.rows.count / 2
        let ranges: [KeyRange]
        if shard.entry.kind == .replay {
            ranges = [shard.entry.range, shard.entry.range]
        } else {
            guard middle > 0, let halves = shard.entry.range.halves(at: self.key(shard.rows[middle], of: shard.entity))
            else { return nil }
            ranges = [halves.first, halves.second]
        }
        guard middle > 0 else { return nil }
        try self.lead(term)
        guard self.holds(lease, id) else { return [] }
        self.change(id, to: .split)
        return zip(ranges, [shard.rows[..<middle], shard.rows[middle...]])
            .map { range, rows in
                let half = self.add(
                    shard.entity,
                    shard.entry.kind,
                    range,
                    rows: Array(rows),
                    origin: shard.entry.origin ?? id
                )
                self[half].failedAttempts = shard.failedAttempts
                return half
            }
    }

    private func key(_ row: Int, of entity: Int) -> Int64 {
        self.scenario.keys[entity][row]
    }

    /// - Returns: The number of the new snapshot.
    mutating func recordSnapshot(term: Int) throws(TermLost) -> Int {
        try self.lead(term)
        self.snapshots += 1
        for shard in self.shards where shard.entry.kind == .copy {
            switch shard.entry.state {
            case .leased, .done: self.isMixed = true
            case .pending, .failed, .split: break
            }
        }
        return self.snapshots
    }

    mutating func record(_ hold: SimulatedSource.Hold?, of worker: Incarnation, term: Int) throws(TermLost) {
        try self.lead(term)
        self.recordedHolds[worker] = hold
    }
}
