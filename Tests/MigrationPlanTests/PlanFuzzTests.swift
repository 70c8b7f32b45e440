import MigrationPlan
import Testing

/// Broken plans end in findings, never in a trap or a hang.
@Suite struct PlanFuzzTests {
    @Test func everyTruncationOfAPlanIsJudged() {
        let bytes = Array(PlanSample.full.utf8)
        for length in stride(from: 0, to: bytes.count, by: 3) {
            Self.check(Array(bytes.prefix(length)))
        }
    }

    @Test(arguments: [UInt64.random(in: 0...UInt64.max), 1, 2, 3])
    func mutationsOfAPlanAreJudged(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(state: seed)
        let alphabet = Array("[]{}:,-?&*!|>'\"%@#\n\t ~<a0é\u{0}".utf8) + [0xFF, 0xC3]
        for _ in 0..<150 {
            var bytes = Array(PlanSample.full.utf8)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    bytes[place] = alphabet.randomElement(using: &random) ?? 0
                case 1:
                    bytes.remove(at: place)
                case 2:
                    bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
                default:
                    let end = min(bytes.count, place + Int.random(in: 1...80, using: &random))
                    let copy = Array(bytes[place..<end])
                    bytes.insert(contentsOf: copy, at: Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            Self.check(bytes)
        }
    }

    @Test(arguments: [UInt64.random(in: 0...UInt64.max), 1])
    func randomBytesAreJudged(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededRandom(state: seed)
        let alphabet = Array("[]{}:,-?&*!|>'\"%@#\n\t ~<abc019".utf8)
        for round in 0..<600 {
            let count = Int.random(in: 0...200, using: &random)
            Self.check(
                (0..<count)
                    .map { _ in
                        round.isMultiple(of: 2)
                            ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
                    }
            )
        }
    }

    /// Everything is either a plan or has an error, and the report says how many.
    private static func check(_ bytes: [UInt8]) {
        let loaded = PlanLoader.load(bytes: bytes, file: "p")
        let hasErrors = loaded.findings.contains { $0.severity == .error }
        #expect((loaded.plan == nil) == hasErrors, "\(String(decoding: bytes, as: UTF8.self))")
        if let plan = loaded.plan {
            let graph = DependencyGraph(of: plan)
            #expect(Set(graph.order) == Set(graph.entities))
            #expect(graph.phases.flatMap(\.entities).sorted() == graph.entities.sorted())
        }
    }
}

/// SplitMix64, so that a printed seed repeats a failure.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
