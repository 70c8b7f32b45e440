import Messaging
import Testing

@testable import Coordinator

@Suite struct IntakeTests {
    @Test func `no more messages wait than the loop may fall behind, and it takes them at once`() async throws {
        let (incoming, sender) = AsyncStream<IncomingFrames>.makeStream()
        for number in 0..<100 {
            sender.yield(IncomingFrames(peer: PeerID(rawValue: [UInt8(number)]), frames: []))
        }
        let (signals, signal) = AsyncStream<Void>.makeStream()
        let intake = Intake(width: 3)
        let carrying = Task { await intake.carry(incoming) { signal.yield() } }
        var taken: [IncomingFrames] = []
        var batches: [Int] = []
        var each = signals.makeAsyncIterator()
        while taken.count < 10 {
            await each.next()
            let batch = intake.take()
            batches.append(batch.count)
            taken += batch
        }
        #expect(batches.allSatisfy { (1...3).contains($0) })
        #expect(taken.map(\.peer.rawValue) == (0..<taken.count).map { [UInt8($0)] })
        // It waits for the loop, and ends with it.
        carrying.cancel()
        await carrying.value
        #expect(intake.take().count <= 3)
        #expect(intake.take().isEmpty)
    }
}
