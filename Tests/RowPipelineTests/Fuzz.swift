import Testing

/// Random inputs for code that reads bytes from elsewhere: whatever they are, it throws or rejects, and never traps.
///
/// `FUZZ_INPUTS` sets how many inputs a test tries, `GODWIT_SEED` repeats them; `scripts/fuzz` does so for minutes.
struct Fuzz {
    var random: SeededGenerator
    let inputs: Int
    private let name: String

    init(_ name: String, inputs: Int) {
        self.name = name
        self.inputs = environmentVariable("FUZZ_INPUTS").flatMap { Int($0) } ?? inputs
        self.random = .announced(name, environment: environmentVariable("GODWIT_SEED"))
    }

    /// Says how many inputs it took; `scripts/fuzz` adds them up.
    func finish(_ inputs: Int) {
        print("FUZZ \(self.name): \(inputs) inputs")
    }

    mutating func noise(_ sizes: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: sizes, using: &self.random)).map { _ in .random(in: 0...255, using: &self.random) }
    }

    /// The same bytes after a few changes: flipped, cut, doubled, exchanged, or overwritten with telling numbers.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...5, using: &self.random) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &self.random)
            switch Int.random(in: 0..<7, using: &self.random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self.random)
            case 1: bytes[place] = .random(in: 0...255, using: &self.random)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + .random(in: 1...9, using: &self.random)))
            case 3: bytes.insert(contentsOf: self.noise(1...9), at: place)
            case 4:
                let end = min(bytes.count, place + .random(in: 1...60, using: &self.random))
                bytes.insert(
                    contentsOf: Array(bytes[place..<end]),
                    at: .random(in: 0..<bytes.count, using: &self.random)
                )
            case 5: bytes.swapAt(place, .random(in: 0..<bytes.count, using: &self.random))
            default:
                for (index, byte) in bigEndian(Self.telling[.random(in: 0..<Self.telling.count, using: &self.random)])
                    .enumerated() where place + index < bytes.count
                {
                    bytes[place + index] = byte
                }
            }
        }
        return bytes
    }

    /// Lengths and counts at which something might wrap.
    private static let telling: [Int32] = [-1, -2, 0, 1, 7, 8, 16, 255, 256, 32_767, 65_536, .max, .min, .max - 3]
}
