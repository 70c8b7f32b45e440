@testable import Scheduling

/// The control schema and the target's rows, as far as the machines' decisions touch them.
///
/// Its clock is the only one that counts for leases.
struct SimulatedSchema {
    struct Shard {
        var entry: ShardEntry
        /// Places of the rows it is about.
        var rows: [Int]
        var leaseUntil = 0.0
        var notBefore: Double?
        var failedAttempts = 0
        /// Since it was last made pending on purpose.
        var commits = 0
        var isPoisoned = false
    }

    struct Row: Hashable {
        var entity: EntityName
        var place: Int
    }

    /// What a lookup of references sees: the rows that are in the target.
    typealias Presence = Set<Row>

    let scenario: Scenario
    var now = 0.0
    private(set) var shards: [Shard] = []
    private(set) var stages: [EntityName: EntityNode.Stage] = [:]
    private(set) var presence: Presence = []
    /// Rows rejected for want of a parent.
    private(set) var pending: Set<Row> = []
    /// Deferred references resolved, by the row that has them.
    private(set) var filled: Set<Row> = []
    private(set) var violations: [String] = []
    private(set) var wasRetried = false
    var reigning = 0

    init(_ scenario: Scenario, _ random: inout SeededGenerator) {
        self.scenario = scenario
        for (place, entity) in scenario.entities.enumerated() {
            for kind in entity.deferredParents.isEmpty ? [ShardKind.copy] : [.copy, .fill] {
                for (row, range) in scenario.ranges[place].enumerated() {
                    self.add(entity.name, kind, range, rows: [row])
                    self.shards[self.shards.count - 1].isPoisoned =
                        Double.random(in: 0..<1, using: &random) < scenario.faults.poisoned
                }
            }
        }
    }

    subscript(id: ShardID) -> Shard {
        get { self.shards[Int(id.rawValue) - 1] }
        set { self.shards[Int(id.rawValue) - 1] = newValue }
    }

    @discardableResult
    private mutating func add(_ entity: EntityName, _ kind: ShardKind, _ range: KeyRange, rows: [Int]) -> ShardID {
        let id = ShardID(rawValue: Int64(self.shards.count + 1))
        let entry = ShardEntry(
            id: id,
            entity: entity,
            kind: kind,
            range: range,
            weight: rows.count,
            state: .pending(notBefore: nil)
        )
        self.shards.append(Shard(entry: entry, rows: rows))
        return id
    }

    func entry(_ id: ShardID) -> ShardEntry {
        var entry = self[id].entry
        if case .pending = entry.state {
            entry.state = .pending(notBefore: self[id].notBefore.map { .at($0) })
        }
        return entry
    }

    func holds(_ lease: LeaseID, _ id: ShardID) -> Bool {
        if case .leased(lease, _) = self[id].entry.state { true } else { false }
    }

    mutating func setStage(_ stage: EntityNode.Stage, of entity: EntityName) {
        self.stages[entity] = stage
    }

    mutating func grant(_ id: ShardID, _ lease: LeaseID, to worker: Incarnation, ttl: Double) -> Bool {
        guard case .pending = self[id].entry.state else { return false }
        self[id].entry.state = .leased(lease, worker)
        self[id].leaseUntil = self.now + ttl
        self[id].notBefore = nil
        return true
    }

    mutating func renew(_ leases: [LeaseID], ttl: Double) -> Set<LeaseID> {
        var kept: Set<LeaseID> = []
        for place in self.shards.indices {
            guard case .leased(let lease, _) = self.shards[place].entry.state, leases.contains(lease) else { continue }
            self.shards[place].leaseUntil = self.now + ttl
            kept.insert(lease)
        }
        return kept
    }

    mutating func release(_ lease: LeaseID) {
        for place in self.shards.indices {
            if case .leased(lease, _) = self.shards[place].entry.state {
                self.shards[place].entry.state = .pending(notBefore: nil)
            }
        }
    }

    /// Takes expired leases away; their backends may go on nevertheless, the fence has to see to them.
    mutating func expireLeases() -> [ShardID] {
        var expired: [ShardID] = []
        for place in self.shards.indices {
            guard case .leased = self.shards[place].entry.state, self.shards[place].leaseUntil < self.now else {
                continue
            }
            self.shards[place].entry.state = .pending(notBefore: nil)
            expired.append(self.shards[place].entry.id)
        }
        return expired
    }

    mutating func recordFailure(_ id: ShardID, _ lease: LeaseID, counts: Bool, retryAfter delay: Double?) {
        guard self.holds(lease, id) else { return }
        if counts { self[id].failedAttempts += 1 }
        self[id].notBefore = delay.map { self.now + $0 }
        self[id].entry.state = delay == nil ? .failed : .pending(notBefore: nil)
    }

    /// The end of a shard's transaction.
    ///
    /// - Parameters:
    ///   - id: The shard.
    ///   - lease: The claim it was worked on under.
    ///   - seen: The presence it resolved its references with.
    /// - Returns: Whether the fence held.
    mutating func commit(_ id: ShardID, _ lease: LeaseID, seen: Presence) -> Bool {
        if self.scenario.hasFence { guard self.holds(lease, id) else { return false } }
        let shard = self[id]
        self[id].entry.state = .done
        self[id].commits += 1
        if shard.commits > 0 { self.violations.append("\(id) was committed twice") }
        let entity = self.scenario.entities[self.place(of: shard.entry.entity)]
        if shard.entry.kind != .fill { self.checkOrder(of: entity) }
        for row in shard.rows {
            self.write(Row(entity: entity.name, place: row), of: entity, kind: shard.entry.kind, seen: seen)
        }
        return true
    }

    private mutating func write(_ row: Row, of entity: EntityNode, kind: ShardKind, seen: Presence) {
        switch kind {
        case .copy, .replay:
            if self.presence.contains(row) { self.violations.append("\(row) was written twice") }
            if entity.dependencies.allSatisfy({ seen.contains(self.parent(of: row, in: $0)) }) {
                self.presence.insert(row)
                self.pending.remove(row)
            } else {
                self.pending.insert(row)
            }
        case .fill:
            guard seen.contains(row) else { return }
            if entity.deferredParents.allSatisfy({ seen.contains(self.parent(of: row, in: $0)) }) {
                self.filled.insert(row)
            }
        }
    }

    /// Children come after their parents, unless an operator's retry opened a parent again.
    private mutating func checkOrder(of entity: EntityNode) {
        guard !self.wasRetried else { return }
        for shard in self.shards where entity.dependencies.contains(shard.entry.entity) && shard.entry.kind != .fill {
            switch shard.entry.state {
            case .pending, .leased:
                self.violations.append("\(entity.name) was written before \(shard.entry.entity) had settled")
            case .done, .failed, .split:
                break
            }
        }
    }

    private func parent(of row: Row, in parent: EntityName) -> Row {
        Row(entity: parent, place: row.place % self.scenario.ranges[self.place(of: parent)].count)
    }

    private func place(of entity: EntityName) -> Int {
        self.scenario.entities.firstIndex { $0.name == entity }!
    }

    mutating func planReplays(of entity: EntityName) -> [ShardID] {
        let planned = self.shards.filter { shard in
            guard shard.entry.entity == entity, shard.entry.kind == .replay else { return false }
            return switch shard.entry.state {
            case .pending, .leased: true
            case .done, .failed, .split: false
            }
        }
        let rows = Set(self.pending.lazy.filter { $0.entity == entity }.map(\.place))
            .subtracting(planned.flatMap(\.rows))
        guard !rows.isEmpty else { return [] }
        return [self.add(entity, .replay, KeyRange(lower: nil, upper: nil), rows: rows.sorted())]
    }

    mutating func reopenFills(of entity: EntityName) -> [ShardID] {
        var reopened: [ShardID] = []
        for shard in self.shards where shard.entry.entity == entity && shard.entry.kind == .fill {
            switch shard.entry.state {
            case .done, .leased:
                self[shard.entry.id].entry.state = .pending(notBefore: nil)
                self[shard.entry.id].commits = 0
                reopened.append(shard.entry.id)
            case .pending, .failed, .split:
                break
            }
        }
        return reopened
    }

    /// `godwit retry --failed`, the causes mended.
    mutating func retryFailed() {
        for shard in self.shards where shard.entry.state == .failed {
            self.wasRetried = true
            self[shard.entry.id].entry.state = .pending(notBefore: nil)
            self[shard.entry.id].failedAttempts = 0
            self[shard.entry.id].notBefore = nil
            self[shard.entry.id].isPoisoned = false
            if self.stages[shard.entry.entity]?.isSettled == true { self.stages[shard.entry.entity] = .copying }
        }
    }

    /// What must hold when a run has ended with nothing failed.
    func violationsAtEnd() -> [String] {
        var found = self.violations
        for shard in self.shards where shard.entry.state != .done { found.append("\(shard.entry) is not done") }
        if !self.pending.isEmpty { found.append("rows wait for parents that have come: \(self.pending)") }
        for (place, entity) in self.scenario.entities.enumerated() {
            let copies = self.shards
                .filter { $0.entry.entity == entity.name && $0.entry.kind == .copy && $0.entry.state != .split }
                .map(\.entry.range)
            let meet = zip(copies, copies.dropFirst()).allSatisfy { $0.upper != nil && $0.upper == $1.lower }
            if !meet || copies.first?.lower != nil || copies.last?.upper != nil {
                found.append("the committed ranges of \(entity.name) do not tile its keys")
            }
            for row in self.scenario.ranges[place].indices.map({ Row(entity: entity.name, place: $0) }) {
                if !self.presence.contains(row) { found.append("\(row) is missing") }
                if !entity.deferredParents.isEmpty, !self.filled.contains(row) { found.append("\(row) is not filled") }
            }
        }
        return found
    }
}
