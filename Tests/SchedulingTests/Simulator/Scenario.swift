@testable import Scheduling

/// What a simulation starts from; everything in it follows from the seed.
struct Scenario {
    var seed: UInt64
    var workers: Int
    var slots: Int
    var entities: [EntityNode]
    /// Ranges per entity; a range holds one row, whose key is the range's place.
    var ranges: [[KeyRange]]
    var limits: GrantLimits
    var faults: Faults
    /// The planted fault: a commit that does not ask for its lease.
    var hasFence = true

    /// How much goes wrong until `end`; nothing afterwards.
    struct Faults {
        var end: Double
        /// Shares of messages.
        var lost: Double
        var repeated: Double
        var late: Double
        /// Share of attempts that fail, with a class drawn from all.
        var failing: Double
        /// Share of shards that fail on their own rows until an operator retries them.
        var poisoned: Double
        /// Mean seconds between misfortunes (crash, stall, TERM, restart) of any one process.
        var misfortuneInterval: Double
    }

    /// A small pool and a random graph, so that many seeds fit into a second.
    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        self.seed = seed
        self.workers = Int.random(in: 1...3, using: &random)
        self.slots = Int.random(in: 1...2, using: &random)
        let count = Int.random(in: 1...4, using: &random)
        self.entities = (0..<count).map { Self.entity($0, of: count, &random) }
        self.ranges = (0..<count).map { _ in Self.ranges(&random) }
        self.limits = GrantLimits(
            parallelism: Bool.random(using: &random) ? nil : Int.random(in: 1...3, using: &random),
            phaseBarrier: Bool.random(using: &random)
        )
        self.faults = Faults(
            end: Double.random(in: 10...100, using: &random),
            lost: Double.random(in: 0...0.4, using: &random),
            repeated: Double.random(in: 0...0.3, using: &random),
            late: Double.random(in: 0...0.2, using: &random),
            failing: Double.random(in: 0...0.4, using: &random),
            poisoned: Double.random(in: 0...0.3, using: &random),
            misfortuneInterval: Double.random(in: 10...60, using: &random)
        )
    }

    static func name(_ entity: Int) -> EntityName {
        EntityName(rawValue: "e\(entity)")
    }

    private static func entity(_ place: Int, of count: Int, _ random: inout SeededGenerator) -> EntityNode {
        EntityNode(
            name: Self.name(place),
            position: place,
            phase: place / 2,
            dependencies: (0..<place).filter { _ in Bool.random(using: &random) }.map(Self.name),
            deferredParents: (0..<count).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map(Self.name),
            priority: Int.random(in: 0...2, using: &random),
            parallelism: Int.random(in: 0..<3, using: &random) == 0 ? 1 : nil
        )
    }

    private static func ranges(_ random: inout SeededGenerator) -> [KeyRange] {
        let bounds = (0...4).map { _ in Int64.random(in: .min ... .max, using: &random) }.sorted()
        let rows = Int.random(in: 1...5, using: &random)
        return ShardPlanner(rowsPerShard: 1).ranges(rows: rows, bytes: 0, bounds: bounds).map(\.range)
    }
}
