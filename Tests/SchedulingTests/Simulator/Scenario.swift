@testable import Scheduling

/// What a simulation starts from; everything in it follows from the seed.
struct Scenario {
    var seed: UInt64
    var workers: Int
    var slots: Int
    /// Whether a second coordinator looks for the leadership all the time.
    var hasStandby: Bool
    var entities: [EntityNode]
    /// Keys of the source's rows per entity, ascending.
    var keys: [[Int64]]
    var rowsPerShard: Int
    /// What is dropped of each entity's table for the load, by the steps in which it comes back.
    var structures: [[[ShardKind]]]
    var limits: GrantLimits
    /// Share of shards whose worker leaves a part to others by itself.
    var yielding: Double
    var faults: Faults
    var planted: PlantedFault?

    /// A small pool and a random graph, so that many seeds fit into a second.
    init(seed: UInt64, planted: PlantedFault? = nil) {
        var random = SeededGenerator(seed: seed)
        self.seed = seed
        self.planted = planted
        self.workers = Int.random(in: 1...4, using: &random)
        self.slots = Int.random(in: 1...2, using: &random)
        self.hasStandby = Bool.random(using: &random)
        let count = Int.random(in: 1...4, using: &random)
        self.entities = (0..<count).map { Self.entity($0, of: count, &random) }
        self.keys = (0..<count).map { _ in Self.keys(Int.random(in: 1...12, using: &random), &random) }
        self.rowsPerShard = Int.random(in: 1...6, using: &random)
        self.structures = (0..<count).map { _ in Self.structures(&random) }
        self.limits = GrantLimits(
            parallelism: Bool.random(using: &random) ? nil : Int.random(in: 1...3, using: &random),
            phaseBarrier: Bool.random(using: &random)
        )
        self.faults = Faults(&random)
        self.yielding = Bool.random(using: &random) ? 0 : Double.random(in: 0...0.7, using: &random)
    }

    /// A pool of the size that it is built for: one parent with most of the rows, one child.
    init(seed: UInt64, workers: Int, shards: Int) {
        self.init(seed: seed)
        var random = SeededGenerator(seed: seed)
        self.workers = workers
        self.slots = 2
        self.entities = [
            EntityNode(name: Self.name(0), position: 0, phase: 0, dependencies: []),
            EntityNode(name: Self.name(1), position: 1, phase: 0, dependencies: [Self.name(0)]),
        ]
        self.keys = [shards - shards / 5, shards / 5].map { Self.keys($0, &random) }
        self.rowsPerShard = 1
        self.structures = [[[.index, .constraint], [.index]], [[.constraint, .validate]]]
        self.limits = GrantLimits()
    }

    static func name(_ entity: Int) -> EntityName {
        EntityName(rawValue: "e\(entity)")
    }

    func place(of name: EntityName) -> Int {
        self.entities.firstIndex { $0.name == name }!
    }

    /// The row of a parent that a row refers to.
    func parent(of row: Int, in parent: Int) -> Int {
        row % self.keys[parent].count
    }

    func ranges(of entity: Int) -> [KeyRange] {
        ShardPlanner(rowsPerShard: self.rowsPerShard)
            .ranges(rows: self.keys[entity].count, bytes: 0, bounds: self.keys[entity])
            .map(\.range)
    }

    private static func entity(_ place: Int, of count: Int, _ random: inout SeededGenerator) -> EntityNode {
        EntityNode(
            name: Self.name(place),
            position: place,
            phase: place / 2,
            dependencies: (0..<place).filter { _ in Bool.random(using: &random) }.map(Self.name),
            deferredParents: (0..<count).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map(Self.name),
            priority: Int.random(in: 0...2, using: &random),
            parallelism: Int.random(in: 0..<3, using: &random) == 0 ? 1 : nil,
            canYield: Int.random(in: 0..<4, using: &random) > 0
        )
    }

    private static func structures(_ random: inout SeededGenerator) -> [[ShardKind]] {
        let kinds: [[ShardKind]] = [[.index], [.index, .constraint], [.constraint, .validate], [.constraint]]
        guard Bool.random(using: &random) else { return [] }
        return (0..<Int.random(in: 1...4, using: &random)).map { _ in kinds.randomElement(using: &random)! }
    }

    private static func keys(_ count: Int, _ random: inout SeededGenerator) -> [Int64] {
        var keys: Set<Int64> = []
        while keys.count < count { keys.insert(Int64.random(in: .min ... .max, using: &random)) }
        return keys.sorted()
    }
}

extension Scenario {
    /// How much goes wrong until `end`; nothing afterwards.
    struct Faults {
        var end: Double
        /// Shares of messages.
        var lost: Double
        var repeated: Double
        var late: Double
        /// The longest that a late message is under way; overtaken by others meanwhile.
        var delay: Double
        /// Share of attempts that take longer than a lease lasts, or nearly so.
        var slow: Double
        /// Share of attempts that fail, with a class drawn from all.
        var failing: Double
        /// Share of rows that their shard fails on until an operator mends them.
        var poisoned: Double
        /// Mean seconds between misfortunes of any one process.
        var misfortuneInterval: Double
        /// The most that clocks run fast or slow.
        var drift: Double
        var clocksJump: Bool
        /// When an operator gives the run up; mostly nobody does.
        var cancelledAt: Double?

        init(_ random: inout SeededGenerator) {
            self.end = Double.random(in: 10...150, using: &random)
            self.lost = Double.random(in: 0...0.3, using: &random)
            self.repeated = Double.random(in: 0...0.3, using: &random)
            self.late = Double.random(in: 0...0.2, using: &random)
            self.delay = Bool.random(using: &random) ? 60 : 5
            self.slow = Double.random(in: 0...0.6, using: &random)
            self.failing = Double.random(in: 0...0.4, using: &random)
            self.poisoned = Bool.random(using: &random) ? Double.random(in: 0...0.3, using: &random) : 0
            self.misfortuneInterval = Double.random(in: 8...60, using: &random)
            self.drift = Bool.random(using: &random) ? Double.random(in: 0...0.2, using: &random) : 0
            self.clocksJump = Int.random(in: 0..<4, using: &random) == 0
            let isCancelled = Int.random(in: 0..<20, using: &random) == 0
            self.cancelledAt = isCancelled ? Double.random(in: 0...self.end, using: &random) : nil
        }
    }
}
