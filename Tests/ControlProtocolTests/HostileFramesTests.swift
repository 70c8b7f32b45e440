import ControlProtocol
import FoundationEssentials
import Testing

/// `FUZZ_INPUTS` sets how many messages are tried, `GODWIT_SEED` repeats them; `scripts/fuzz` does so for minutes.
@Suite struct HostileFramesTests {
    @Test func randomAndMutatedFramesAreReadOrRefusedButNeverTrap() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["GODWIT_SEED"].flatMap(UInt64.init) ?? .random(in: .min ... .max)
        let inputs = environment["FUZZ_INPUTS"].flatMap(Int.init) ?? 100_000
        print("hostile frames: GODWIT_SEED=\(seed)")
        var generator = SplitMix64(state: seed)
        let valid = try Samples.allFrames()
        var refused = 0
        for _ in 0..<inputs {
            let frames =
                Bool.random(using: &generator)
                ? Self.mutated(valid.randomElement(using: &generator) ?? [], using: &generator)
                : Self.random(using: &generator)
            do {
                _ = try FrameCodec.decodeWorkerMessage(frames)
            } catch {
                refused += 1
            }
            do {
                _ = try FrameCodec.decodeCoordinatorMessage(frames)
            } catch {
                refused += 1
            }
        }
        // Every message is of one direction at most.
        #expect(refused >= inputs)
        #expect(refused < 2 * inputs, "no mutation left a message readable, so the mutations are too coarse")
        print("FUZZ frames: \(inputs) inputs")
    }

    @Test func everyTruncationIsRefused() throws {
        for frames in try Samples.allFrames() {
            for (index, frame) in frames.enumerated() {
                for length in 0..<frame.count {
                    var truncated = frames
                    truncated[index] = Array(frame.prefix(length))
                    #expect(throws: ProtocolError.self) { try FrameCodec.decodeWorkerMessage(truncated) }
                    #expect(throws: ProtocolError.self) { try FrameCodec.decodeCoordinatorMessage(truncated) }
                }
            }
            for count in 0..<frames.count {
                #expect(throws: ProtocolError.self) { try FrameCodec.decodeWorkerMessage(Array(frames.prefix(count))) }
            }
            #expect(throws: ProtocolError.self) { try FrameCodec.decodeWorkerMessage(frames + [[]]) }
        }
    }

    private static func mutated(_ frames: [[UInt8]], using generator: inout SplitMix64) -> [[UInt8]] {
        var frames = frames
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: frames.indices, using: &generator)
            guard !frames[index].isEmpty else { continue }
            let position = Int.random(in: frames[index].indices, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: frames[index][position] = UInt8.random(in: .min ... .max, using: &generator)
            case 1: frames[index].remove(at: position)
            case 2: frames[index].insert(Self.telling.randomElement(using: &generator) ?? 0, at: position)
            case 3: frames[index].replaceSubrange(position..., with: frames[index].prefix(position))
            default: frames[index][position] = Self.telling.randomElement(using: &generator) ?? 0
            }
        }
        return frames
    }

    private static func random(using generator: inout SplitMix64) -> [[UInt8]] {
        let count = Int.random(in: 0...4, using: &generator)
        var frames = (0..<count)
            .map { _ in
                (0..<Int.random(in: 0...60, using: &generator))
                    .map { _ in
                        Bool.random(using: &generator)
                            ? Self.telling.randomElement(using: &generator) ?? 0
                            : UInt8.random(in: .min ... .max, using: &generator)
                    }
            }
        if !frames.isEmpty, Bool.random(using: &generator) { frames[0] = Array("GDW\u{1}".utf8) }
        return frames
    }

    /// Bytes that mean something in JSON.
    private static let telling = Array("{}[]\",:\\-+.eE0123456789utfn \n\u{0}\u{7F}".utf8)
}

/// A small generator that can be seeded.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
