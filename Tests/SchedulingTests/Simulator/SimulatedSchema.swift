@testable import Scheduling

/// The control schema and the target's rows, as far as the machines' decisions touch them.
///
/// A method is a statement. Its clock is the only one that counts for leases. It keeps the books that the invariants are
/// checked against; nothing that a statement decides depends on them.
struct SimulatedSchema {
    struct Shard {
        var entry: ShardEntry
        let entity: Int
        /// Places of the rows it is about.
        var rows: [Int]
        var leaseUntil = 0.0
        var notBefore: Double?
        var failedAttempts = 0
        /// Number of the snapshot that it was granted under.
        var snapshot = 0
        /// Shards that a worker made of its rest.
        var parts: [ShardID] = []
        /// Since it was last made pending on purpose.
        var commits = 0
        /// Place of the structure that a task is about.
        var object: Int?
    }

    /// Something of an entity's table that is off during its load.
    struct Structure {
        let entity: Int
        let steps: [ShardKind]
        var isDropped = false
        var stepsDone = 0

        var isOff: Bool { self.isDropped && self.stepsDone < self.steps.count }
        var isOfIndex: Bool { self.steps.first == .index }
    }

    /// The rows of an entity, by their places.
    struct Rows {
        var isPresent: [Bool]
        /// Rejected for want of a parent, and not taken up by a replay.
        var isPending: [Bool]
        /// Deferred references are resolved.
        var isFilled: [Bool]
        /// A shard fails on it until an operator has mended it.
        var isPoisoned: [Bool]
    }

    struct Transaction {
        /// Its row is locked from the fence on.
        var locked: ShardID?
    }

    enum Status {
        case running
        case paused
        case cancelled
    }

    let scenario: Scenario
    /// By the target's clock.
    var now = 0.0
    var shards: [Shard] = []
    var places: [[Int]]
    var stages: [EntityNode.Stage]
    var rows: [Rows]
    var structures: [Structure]
    var status = Status.running
    /// Counts the changes of any presence.
    var epoch = 0
    var snapshots = 0
    var isMixed = false
    /// The reign, and the session that holds its lock.
    var term = 0
    var lockHolder: Int?
    var leased: [LeaseID: ShardID] = [:]
    /// Of slots, while they are open.
    var transactions: [LeaseID: Transaction] = [:]
    /// Snapshots that workers were recorded with.
    var recordedHolds: [Incarnation: SimulatedSource.Hold] = [:]

    /// The book of everything that must not have happened.
    var violations: [String] = []
    /// Leases that were taken away or came to an end, with their shards.
    var spent: [LeaseID: ShardID] = [:]
    /// Those that committed rows were read under.
    var readSnapshots: Set<Int> = []
    var wasRetried = false
    var fencesRefused = 0
    var yields = 0
    var staleWrites = 0

    init(_ scenario: Scenario, _ random: inout SeededGenerator) {
        self.scenario = scenario
        self.places = Array(repeating: [], count: scenario.entities.count)
        self.stages = Array(repeating: .waiting, count: scenario.entities.count)
        self.rows = scenario.keys.map { keys in
            let none = Array(repeating: false, count: keys.count)
            return Rows(isPresent: none, isPending: none, isFilled: none, isPoisoned: none)
        }
        self.structures = scenario.structures.enumerated()
            .flatMap { entity, structures in structures.map { Structure(entity: entity, steps: $0) } }
        for (entity, node) in scenario.entities.enumerated() {
            let keys = scenario.keys[entity]
            for row in keys.indices {
                self.rows[entity].isPoisoned[row] = Double.random(in: 0..<1, using: &random) < scenario.faults.poisoned
            }
            for kind in node.deferredParents.isEmpty ? [ShardKind.copy] : [.copy, .fill] {
                var rest = keys.indices[...]
                for range in scenario.ranges(of: entity) {
                    let inside = rest.prefix { range.contains(keys[$0]) }
                    self.add(entity, kind, range, rows: Array(inside))
                    rest = rest.dropFirst(inside.count)
                }
            }
        }
    }

    subscript(id: ShardID) -> Shard {
        get { self.shards[Int(id.rawValue) - 1] }
        set { self.shards[Int(id.rawValue) - 1] = newValue }
    }

    @discardableResult
    mutating func add(
        _ entity: Int,
        _ kind: ShardKind,
        _ range: KeyRange,
        rows: [Int],
        origin: ShardID? = nil
    ) -> ShardID {
        let id = ShardID(rawValue: Int64(self.shards.count + 1))
        let entry = ShardEntry(
            id: id,
            entity: self.scenario.entities[entity].name,
            kind: kind,
            range: range,
            weight: rows.count,
            state: .pending(notBefore: nil),
            origin: origin,
            rows: rows.count
        )
        self.places[entity].append(self.shards.count)
        self.shards.append(Shard(entry: entry, entity: entity, rows: rows))
        return id
    }

    /// What a coordinator reads of a shard; the time that it must wait is reckoned from its own clock.
    func entry(_ id: ShardID, now: ContinuousClock.Instant) -> ShardEntry {
        var entry = self[id].entry
        if case .pending = entry.state {
            entry.state = .pending(notBefore: self[id].notBefore.map { now + .seconds($0 - self.now) })
            if self[id].notBefore != nil { entry.isInterrupted = false }
        }
        return entry
    }

    /// Every change of a shard's state; a lease that it had is spent from here on.
    mutating func change(_ id: ShardID, to state: ShardEntry.State) {
        if case .leased(let lease, _) = self[id].entry.state {
            self.leased[lease] = nil
            self.spent[lease] = id
        }
        self[id].entry.isInterrupted = self[id].entry.isInterrupted(by: state)
        self[id].entry.state = state
        if case .leased(let lease, _) = state { self.leased[lease] = id }
    }

    func holds(_ lease: LeaseID, _ id: ShardID) -> Bool {
        self.leased[lease] == id
    }

    /// The shards of an entity.
    func shards(of entity: Int) -> [Shard] {
        self.places[entity].map { self.shards[$0] }
    }
}

extension ShardEntry.State {
    /// Whether somebody is at it or will be.
    var isOpen: Bool {
        switch self {
        case .pending, .leased: true
        case .done, .failed, .split: false
        }
    }
}
