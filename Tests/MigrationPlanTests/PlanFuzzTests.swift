import FoundationEssentials
import MigrationPlan
import Testing

/// Broken plans end in findings, never in a trap or a hang.
///
/// `FUZZ_INPUTS` sets how many random ones a test tries, `GODWIT_SEED` repeats them; `scripts/fuzz` does so for minutes.
@Suite struct PlanFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = Self.environment["GODWIT_SEED"].flatMap(UInt64.init) ?? .random(in: 0...UInt64.max)

    private static func inputs(_ standard: Int) -> Int {
        Self.environment["FUZZ_INPUTS"].flatMap(Int.init) ?? standard
    }

    @Test func everyTruncationOfAPlanIsJudged() {
        let bytes = Array(PlanSample.full.utf8)
        for length in stride(from: 0, to: bytes.count, by: 3) {
            Self.check(Array(bytes.prefix(length)))
        }
    }

    @Test func mutationsOfAPlanAreJudged() {
        print("mutated plans: GODWIT_SEED=\(Self.seed)")
        let inputs = Self.inputs(450)
        Self.judgeMutations(of: PlanSample.full, inputs: inputs)
        print("FUZZ mutated plans: \(inputs) inputs")
    }

    @Test func mutationsOfTheReferencePlanAreJudged() throws {
        print("mutated reference plan: GODWIT_SEED=\(Self.seed)")
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "plans/dispatch/plan.yaml"), encoding: .utf8)
        let inputs = max(1, Self.inputs(200) / 10)
        Self.judgeMutations(of: text, inputs: inputs)
        print("FUZZ mutated reference plan: \(inputs) inputs")
    }

    private static func judgeMutations(of text: String, inputs: Int) {
        var random = SeededRandom(state: Self.seed)
        let alphabet = Array("[]{}:,-?&*!|>'\"%@#\n\t ~<a0é\u{0}".utf8) + [0xFF, 0xC3]
        for _ in 0..<inputs {
            var bytes = Array(text.utf8)
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

    @Test func randomBytesAreJudged() {
        print("random plans: GODWIT_SEED=\(Self.seed)")
        var random = SeededRandom(state: Self.seed)
        let alphabet = Array("[]{}:,-?&*!|>'\"%@#\n\t ~<abc019".utf8)
        let inputs = Self.inputs(1200)
        for round in 0..<inputs {
            let count = Int.random(in: 0...200, using: &random)
            Self.check(
                (0..<count)
                    .map { _ in
                        round.isMultiple(of: 2)
                            ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
                    }
            )
        }
        print("FUZZ random plans: \(inputs) inputs")
    }

    /// Text that opens more than it closes, or means far more than it says: refused at once, not after a long look.
    @Test func deepNestingAndAliasBombsAreJudged() {
        print("nested plans: GODWIT_SEED=\(Self.seed)")
        var random = SeededRandom(state: Self.seed)
        let openings = ["[", "{", "{a: ", "- ", "? ", "[[", "&a [", "!!map {", "- - ", "a:\n "]
        let inputs = max(1, Self.inputs(300) / 10)
        for round in 0..<inputs {
            let opening = openings[Int.random(in: 0..<openings.count, using: &random)]
            let levels = Int.random(in: 1...20_000, using: &random)
            let start = round.isMultiple(of: 2) ? PlanSample.header : ""
            Self.check(Array((start + "entities: " + String(repeating: opening, count: levels)).utf8))
            // Each line stands for so many of the one before.
            let width = Int.random(in: 2...12, using: &random)
            var bomb = start + "a0: &a0 x\n"
            for line in 1...Int.random(in: 2...30, using: &random) {
                let references = (0..<width).map { _ in "*a\(line - 1)" }.joined(separator: ", ")
                bomb +=
                    round.isMultiple(of: 3)
                    ? "a\(line): &a\(line) {? [\(references)] : 1}\n" : "a\(line): &a\(line) [\(references)]\n"
            }
            Self.check(Array(bomb.utf8))
        }
        print("FUZZ nested plans: \(inputs * 2) inputs")
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
