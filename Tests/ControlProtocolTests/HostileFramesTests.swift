import ControlProtocol
import FoundationEssentials
import FrameFuzz
import Testing

/// `FUZZ_INPUTS` sets how many messages are tried, `GODWIT_SEED` repeats them; `scripts/fuzz` does so for minutes.
@Suite struct HostileFramesTests {
    @Test func randomAndMutatedFramesAreReadOrRefusedButNeverTrap() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["GODWIT_SEED"].flatMap(UInt64.init) ?? .random(in: .min ... .max)
        let inputs = environment["FUZZ_INPUTS"].flatMap(Int.init) ?? 100_000
        print("hostile frames: GODWIT_SEED=\(seed)")
        var hostile = HostileFrames(mutating: try Samples.allFrames(), seed: seed)
        var refused = 0
        for _ in 0..<inputs {
            let frames = hostile.next()
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
}
